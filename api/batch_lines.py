"""Checking the lines of a batch as they arrive, a megabyte at a time in a thread."""

from __future__ import annotations

import hashlib

from api.errors import Problem
from store.batches.lines import ENVELOPE_BYTES, LineWrong, read_line
from store.batches.records import LINES_MOST

STEP_BYTES = 1024 * 1024


class LineCheck:
    """Counts and checks lines. Holds what has not been checked yet: a step, and the beginning of a line."""

    def __init__(self, *, input_bytes: int, queued_bytes: int) -> None:
        self._input_bytes = input_bytes
        self._queued_bytes = queued_bytes
        self._held = bytearray()
        self._searched = 0  # bytes in hand that hold no line end: a long line is looked through once
        self._hash = hashlib.sha256()
        self.count = 0

    @property
    def digest(self) -> bytes:
        """Of all lines."""
        return self._hash.digest()

    def hold(self, piece: bytes) -> bool:
        """Take the next piece; whether it is time to work."""
        self._held += piece
        return len(self._held) >= STEP_BYTES

    def work(self) -> None:
        """Check the whole lines in hand. Raises a Problem that names the line."""
        end = self._held.rfind(b"\n", self._searched) + 1
        self._searched = len(self._held) - end
        if end:
            whole = bytes(self._held[:end])
            del self._held[:end]
            self._hash.update(whole)
            for raw in whole[:-1].split(b"\n"):
                self._check(raw)
        if len(self._held) > self._input_bytes + ENVELOPE_BYTES:
            raise self._too_large(self.count + 1)

    def finish(self) -> None:
        """Check the rest; the last line needs no line end. Raises a Problem."""
        self.work()
        if self._held:
            self._hash.update(self._held)
            self._check(bytes(self._held))
        if not self.count:
            raise Problem("invalid_line", "A batch has at least one line.", line=1)

    def _check(self, raw: bytes) -> None:
        self.count += 1
        if self.count > LINES_MOST:
            detail = f"A batch has at most {LINES_MOST:,} lines; split it."
            raise Problem("invalid_line", detail, line=self.count)
        if len(raw) > self._input_bytes + ENVELOPE_BYTES:
            raise self._too_large(self.count)
        try:
            line = read_line(raw)
        except LineWrong as exc:
            detail = f"Line {self.count:,} can't be used: {exc}. Nothing was run."
            raise Problem("invalid_line", detail, line=self.count) from exc
        if len(line.payload) > self._input_bytes:
            raise self._too_large(self.count)
        if len(line.payload) > self._queued_bytes:
            raise self._never_fits(self.count)

    def _too_large(self, line: int) -> Problem:
        detail = f"An input may have at most {self._input_bytes:,} bytes; line {line:,} has more. Nothing was run."
        return Problem("input_too_large", detail, limit_bytes=self._input_bytes, line=line)

    def _never_fits(self, line: int) -> Problem:
        detail = (
            f"All queued inputs of this tenant together may have {self._queued_bytes:,} bytes; line {line:,} alone "
        )
        detail += "has more. Nothing was run."
        return Problem("input_over_queued_bytes", detail, limit_bytes=self._queued_bytes, line=line)
