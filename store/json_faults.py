"""What is wrong with JSON that can't be read, in words for whoever sent it."""

from __future__ import annotations

import re

import msgspec

# Half a surrogate pair, escaped: what JSON.stringify and json.dumps make of a string cut in the middle of an emoji.
# The backslash must not be escaped itself.
_LONE_SURROGATE = re.compile(
    rb"(?<!\\)(?:\\\\)*(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)


def json_fault(exc: msgspec.DecodeError, raw: bytes) -> str:
    """A clause. The parser's own words where nothing better is known; those for a lone surrogate mislead."""
    if not raw.strip():
        return "there is nothing in it"
    lone = _LONE_SURROGATE.search(raw)
    if lone is not None:
        escape = lone[0].lstrip(b"\\")[:5].decode()
        return f"it holds half of a surrogate pair (\\{escape}), which is no character; a string was cut in two"
    return str(exc)
