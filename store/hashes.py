"""Reading a record out of a Redis hash."""

from __future__ import annotations

from collections.abc import Mapping


class HashFields:
    """The fields by name; one that isn't there is an empty text, or 0."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[bytes, bytes]) -> None:
        self._fields = fields

    def text(self, name: bytes) -> str:
        """Whatever isn't UTF-8 in it is replaced."""
        return self._fields.get(name, b"").decode("utf-8", "replace")

    def number(self, name: bytes) -> int:
        """A whole number."""
        return int(self._fields.get(name) or b"0")
