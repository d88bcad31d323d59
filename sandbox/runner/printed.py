"""What the model prints: kept for the answer, bounded, and written through to the host's pipe.

The pipe is for the day the process dies: what it printed in its last call is read from there. It never
blocks (the host made it non-blocking), so a flood fills it once and is dropped from then on.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys

MARK = "\x1e"  # ASCII record separator: the pipe holds MARK, call id, newline before a call's first text


class Printed(io.TextIOBase):
    """Stands in for ``sys.stdout`` and ``sys.stderr``."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, *, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._parts: list[bytes] = []
        self._used = 0
        self._truncated = False
        self._call_id = ""

    def install(self) -> None:
        """Take the place of Python's own streams; C code still writes to descriptors 1 and 2, the pipe itself."""
        sys.stdout = sys.stderr = self

    def begin(self, call_id: str) -> None:
        """Start a call's text."""
        self._call_id = call_id

    def end(self) -> tuple[str, bool]:
        """The call's text and whether some of it was dropped; empties the record."""
        if not self._used:
            return "", False
        text = b"".join(self._parts).decode("utf-8", "replace")
        truncated, self._truncated = self._truncated, False
        self._parts.clear()
        self._used = 0
        return text, truncated

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Keep what fits. Never fails, never blocks: printing must not change how a model behaves."""
        room = self._limit - self._used
        if room <= 0:
            self._truncated = True
            return len(text)
        data = text[:room].encode("utf-8", "backslashreplace")[:room]
        if len(data) < len(text):
            self._truncated = True
        if data:
            self._through(data)
            self._parts.append(data)
            self._used += len(data)
        return len(text)

    def _through(self, data: bytes) -> None:
        if not self._used:
            data = f"{MARK}{self._call_id}\n".encode() + data
        with contextlib.suppress(OSError):  # a full pipe: the text is in the answer anyway
            os.write(1, data)
