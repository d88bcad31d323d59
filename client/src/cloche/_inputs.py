"""From a Python value to the body of a job request."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloche._errors import InputNotSendable


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What can be asked for a job besides its input. None leaves the engine's default."""

    version: int | None = None
    timeout_seconds: float | None = None
    deadline_seconds: float | None = None
    cancel_after_seconds: float | None = None
    webhook: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The options that were set."""
        every = {
            "version": self.version,
            "timeout_seconds": self.timeout_seconds,
            "deadline_seconds": self.deadline_seconds,
            "cancel_after_seconds": self.cancel_after_seconds,
            "webhook": self.webhook,
        }
        return {name: value for name, value in every.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body, its content type, and the options that have to go into the query."""

    content: bytes
    content_type: str
    params: Mapping[str, str] = field(default_factory=dict)


def job_body(value: object, *, options: JobOptions) -> Body:
    """Bytes go as they are, with the options in the query; everything else as JSON, options inside.

    Raises InputNotSendable for what JSON doesn't know, NaN and infinities among it.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        params = {name: str(option) for name, option in options.to_dict().items()}
        return Body(bytes(value), "application/octet-stream", params)
    return Body(to_json({"input": value, **options.to_dict()}), "application/json")


def to_json(value: object) -> bytes:
    """Compact UTF-8 JSON. Raises InputNotSendable."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as exc:
        raise InputNotSendable(str(exc).rstrip(".")) from exc


KEY_CHARACTERS = 255


def key_header(key: str | None) -> str:
    """An Idempotency-Key, a fresh one for None, as RFC 9651 writes a string in a header. Raises InputNotSendable."""
    text = str(uuid.uuid4()) if key is None else key
    if not (text.isascii() and text.isprintable() and 0 < len(text) <= KEY_CHARACTERS):
        raise InputNotSendable(
            "its Idempotency-Key is none", instead=f"Take 1 to {KEY_CHARACTERS} printable ASCII characters."
        )
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
