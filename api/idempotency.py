"""The Idempotency-Key header: which requests are the same one.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ (-07), where the value is a string of
RFC 9651: in double quotes. Bare keys, as most clients send them, are taken as well: ``"k"`` and ``k`` are one key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from api.queries import invalid

KEY_CHARACTERS = 255
KEPT_SECONDS = 86_400  # how long a key is known, from the admission on; admit.lua says the same

_STRING = re.compile(rb'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_ESCAPED = re.compile(rb'\\(["\\])')


def idempotency_key(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """The key of a request, unquoted; None when it brings none. Raises invalid_request."""
    given = [value for name, value in headers if name == b"idempotency-key"]
    if not given:
        return None
    key = _unquoted(given[0].strip())
    if len(given) > 1 or key is None or not 0 < len(key) <= KEY_CHARACTERS or not key.isprintable():
        detail = f"Send one Idempotency-Key of 1 to {KEY_CHARACTERS} printable ASCII characters, best in double quotes."
        raise invalid("Idempotency-Key", detail)
    return key


def scoped(key: str, *, model_id: str | None) -> str:
    """The key as the job store knows it: those of a model's access tokens are apart from the tenant's own."""
    return f"{model_id or ''}:{key}"


def _unquoted(value: bytes) -> str | None:
    if not value.isascii():
        return None
    if not value.startswith(b'"'):
        return value.decode()
    found = _STRING.fullmatch(value)
    return None if found is None else _ESCAPED.sub(rb"\1", found[1]).decode()
