"""Reading a batch's lines from the blob store, from any of them on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from store.payloads import Payloads

MOST_BYTES = 8 * 2**20  # of lines in memory at once, and one more


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line as it was handed in: which one, its bytes, and the byte that follows its end."""

    index: int
    raw: bytes
    end: int


class LineReader:
    """Blocks while it reads; for use by one thread at a time. May raise a StoreError, and go on after it."""

    def __init__(self, payloads: Payloads, name: str, *, first: int, at: int) -> None:
        self._payloads = payloads
        self._name = name
        self._index = first
        self._at = at
        self._held = bytearray()
        self._chunks: Iterator[bytes] | None = None
        self._over = False

    def take(self, count: int) -> list[Numbered]:
        """Up to so many lines, fewer where they are long; none at the end."""
        lines: list[Numbered] = []
        size = 0
        while len(lines) < count and size < MOST_BYTES and (line := self._next()) is not None:
            lines.append(line)
            size += len(line.raw)
        return lines

    def _next(self) -> Numbered | None:
        searched = 0  # a long line is looked through once
        while (end := self._held.find(b"\n", searched)) < 0 and not self._over:
            searched = len(self._held)
            self._more()
        raw = bytes(self._held if end < 0 else self._held[:end])
        if end < 0 and not raw:
            return None
        del self._held[: len(raw) + 1]
        line = Numbered(self._index, raw, self._at + len(raw) + 1)
        self._index, self._at = line.index + 1, line.end
        return line

    def _more(self) -> None:
        if self._chunks is None:
            self._chunks = self._payloads.chunks(self._name, start=self._at + len(self._held))
        try:
            chunk = next(self._chunks, b"")
        except BaseException:
            self._chunks = None  # a generator that raised is over: the next call opens it again
            raise
        self._held += chunk
        self._over = not chunk
