"""The process that waits for checks, seen from whoever wants one: started at the first, started again when it died."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from policies.child import UNSTARTED

_START = "import sys; sys.path[:0] = {paths!r}; from policies.child import serve; serve({control})"
_READ_BYTES = 1 << 16


class Checker:
    """Hands sources over and brings answers back. One for each process; any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._tidied = False  # whether exits and forks of this process are looked after

    def ask(self, request: bytes, *, timeout_seconds: float) -> bytes:
        """What the check wrote; empty when it died. Raises TimeoutError, and OSError when nothing can be started."""
        deadline = time.monotonic() + timeout_seconds
        mine, theirs = socket.socketpair()
        with mine:
            with theirs:
                self._hand_over(theirs, timeout_seconds)
            try:
                answer = _exchange(mine, request, deadline)
            except (BrokenPipeError, ConnectionResetError):
                return b""  # it died before it had read everything
        if answer == UNSTARTED:
            raise OSError("No process can be started for the check; the machine is out of processes or memory.")
        return answer

    def close(self) -> None:
        """End the waiting process. Safe to call twice; the next check starts another."""
        with self._lock:
            self._close()

    def _hand_over(self, peer: socket.socket, timeout_seconds: float) -> None:
        message = repr(float(timeout_seconds)).encode()
        with self._lock:
            for attempt in (1, 2):
                try:
                    socket.send_fds(self._connected(), [message], [peer.fileno()])
                    return
                except (BrokenPipeError, ConnectionResetError, ConnectionRefusedError):
                    self._close()  # the waiting process was killed from outside
                    if attempt == 2:
                        raise

    def _connected(self) -> socket.socket:
        if self._control is not None:
            return self._control
        self._look_after()
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            script = _START.format(paths=_search_path(), control=theirs.fileno())
            # No site, no environment, no current folder: it sees this package and one other.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={},
                cwd="/",
            )
        self._control = mine
        return mine

    def _close(self) -> None:
        control, process = self._control, self._process
        self._control = self._process = None
        if control is not None:
            control.close()
        if process is not None:
            process.kill()
            process.wait()

    def _look_after(self) -> None:
        """End the waiting process with this one, and let a fork of this one start its own."""
        if not self._tidied:
            self._tidied = True
            atexit.register(self.close)
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        # Another thread may have held the lock when this process was forked.
        self._lock = threading.Lock()
        if self._control is not None:
            self._control.close()
        self._control = self._process = None


def _exchange(peer: socket.socket, request: bytes, deadline: float) -> bytes:
    """Send everything, then read until the other side ends."""
    peer.settimeout(max(0.001, deadline - time.monotonic()))
    peer.sendall(request)
    peer.shutdown(socket.SHUT_WR)
    parts: list[bytes] = []
    while True:
        peer.settimeout(max(0.001, deadline - time.monotonic()))
        part = peer.recv(_READ_BYTES)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _search_path() -> list[str]:
    import RestrictedPython  # only its place is wanted, and only once

    here = Path(__file__).resolve().parent.parent
    there = Path(RestrictedPython.__file__).resolve().parent.parent
    return [str(here), str(there)]


CHECKER = Checker()
