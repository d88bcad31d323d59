"""The pipe a bound sandbox prints into: what its last call said before the process died is read here."""

from __future__ import annotations

import contextlib
import os

from sandbox.runner.printed import MARK

_READ_BYTES = 65_536  # a pipe's default capacity: more can't be waiting


class LogPipe:
    """Non-blocking at both ends: a model that floods it loses its own text and blocks nobody."""

    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def handed_over(self) -> None:
        """Close our copy of the writing end, after the sandbox got its own."""
        os.close(self.write_fd)
        self.write_fd = -1

    def drain(self) -> None:
        """Forget what is in it: the answer carried it already."""
        with contextlib.suppress(OSError):
            os.read(self.read_fd, _READ_BYTES)

    def last_words(self, call_id: str, *, limit_bytes: int) -> tuple[str, bool]:
        """What this call printed, C code and the crash report included, and whether it was cut."""
        try:
            data = os.read(self.read_fd, _READ_BYTES)
        except OSError:
            return "", False
        text = data.decode("utf-8", "replace")
        text = text.rpartition(f"{MARK}{call_id}\n")[2]
        return text[:limit_bytes], len(text) >= limit_bytes

    def close(self) -> None:
        """Both ends. Safe to call twice."""
        for fd in (self.read_fd, self.write_fd):
            if fd >= 0:
                os.close(fd)
        self.read_fd = self.write_fd = -1
