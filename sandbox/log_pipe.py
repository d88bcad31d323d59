"""The pipe a bound sandbox prints into: heard while a call takes its time, and when the process died in one."""

from __future__ import annotations

import contextlib
import os

from policies.limits import KIB
from sandbox.runner.printed import MARK

_READ_BYTES = 65_536  # a pipe's default capacity: more can't be waiting
_HELD_BYTES = 256 * KIB  # twice the most that one call may have kept: what is in front of a call's text fits too
_MARK = MARK.encode()


class LogPipe:
    """Non-blocking at both ends: a model that floods it loses its own text and blocks nobody.

    All that is in it comes from one sandbox, hence one version of one tenant. Marks only say where a call's text
    begins; a model that forges them moves its own text about.
    """

    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._held = bytearray()  # read, and not forgotten yet

    def handed_over(self) -> None:
        """Close our copy of the writing end, after the sandbox got its own."""
        os.close(self.write_fd)
        self.write_fd = -1

    def drain(self) -> None:
        """Forget what is in it."""
        self._held.clear()
        with contextlib.suppress(OSError):
            os.read(self.read_fd, _READ_BYTES)

    def forget(self, call_id: str) -> None:
        """Forget what this call printed, its answer carried it. What the one after it has printed already stays."""
        self._fetch()
        at = self._held.rfind(_MARK)
        if at < 0 or self._held.startswith(_mark(call_id), at):
            self._held.clear()
        else:
            del self._held[:at]

    def text(self, call_id: str) -> bytes:
        """What this call has printed by now, up to the next mark. Starts the same each time, and grows."""
        self._fetch()
        mark = _mark(call_id)
        at = self._held.find(mark)
        if at < 0:
            return b""
        start = at + len(mark)
        end = self._held.find(_MARK, start)
        return bytes(self._held[start : end if end >= 0 else None])

    def last_words(self, call_id: str, *, limit_bytes: int) -> tuple[str, bool]:
        """What this call printed, C code and the crash report included, and whether it was cut."""
        self._fetch()
        text = self._held.decode("utf-8", "replace")
        data = text.rpartition(f"{MARK}{call_id}\n")[2].encode()
        return data[:limit_bytes].decode("utf-8", "ignore"), len(data) >= limit_bytes

    def close(self) -> None:
        """Both ends. Safe to call twice."""
        for fd in (self.read_fd, self.write_fd):
            if fd >= 0:
                os.close(fd)
        self.read_fd = self.write_fd = -1

    def _fetch(self) -> None:
        """Take what there is. With enough held already it stays in the pipe, and what doesn't fit there is dropped."""
        if len(self._held) < _HELD_BYTES:
            with contextlib.suppress(OSError):
                self._held += os.read(self.read_fd, _READ_BYTES)


def _mark(call_id: str) -> bytes:
    return f"{MARK}{call_id}\n".encode()
