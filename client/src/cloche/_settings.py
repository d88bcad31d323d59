"""Where the engine is and who asks, read from the environment when a client is made."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cloche._errors import ConfigurationError

DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Settings:
    """An engine's address and a key for it. The key is not printed."""

    url: str
    api_key: str = field(repr=False)


def settings(url: str | None = None, api_key: str | None = None) -> Settings:
    """What was given, else ``CLOCHE_URL`` and ``CLOCHE_API_KEY``. Raises ConfigurationError."""
    chosen_url = (url or os.environ.get("CLOCHE_URL") or DEFAULT_URL).rstrip("/")
    chosen_key = (api_key or os.environ.get("CLOCHE_API_KEY") or "").strip()
    if not _is_http(chosen_url):
        raise ConfigurationError(f"{chosen_url!r} is no engine's address. It looks like {DEFAULT_URL}.")
    if not chosen_key:
        raise ConfigurationError("There is no API key. Set CLOCHE_API_KEY, or pass api_key=….")
    if not (chosen_key.isascii() and chosen_key.isprintable()):
        raise ConfigurationError("The API key holds characters that no key has. Copy it again.")
    return Settings(url=chosen_url, api_key=chosen_key)


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return usable and not parts.query and not parts.fragment
