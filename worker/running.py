"""Which job runs in which sandbox right now, so that a cancellation finds it."""

from __future__ import annotations

import threading
from collections import deque

from sandbox.contract import Sandbox
from store.jobs.back import Claim, Head

_REMEMBERED = 1024  # cancellations that may arrive before their job starts


class Running:
    """The head of the batch in progress. Written by the turn, read by the pulse; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claim: Claim | None = None
        self._sandbox: Sandbox | None = None
        self._canceled: deque[str] = deque(maxlen=_REMEMBERED)

    @property
    def head(self) -> Head | None:
        """The job that runs now."""
        claim = self._claim
        return None if claim is None else Head(claim.job_id, claim.fence)

    def start(self, claim: Claim, sandbox: Sandbox) -> None:
        """This job's turn in the sandbox begins now; killed at once if it was canceled on the way."""
        with self._lock:
            self._claim, self._sandbox = claim, sandbox
            late = claim.job_id in self._canceled
        if late:
            sandbox.cancel()

    def clear(self) -> None:
        """Nothing runs."""
        with self._lock:
            self._claim, self._sandbox = None, None

    def cancel(self, job_id: str) -> None:
        """Kill the sandbox if this job runs in it; remember the id if it is yet to start."""
        with self._lock:
            self._canceled.append(job_id)
            sandbox = self._sandbox if self._claim is not None and self._claim.job_id == job_id else None
        # When the job ended just now, the kill hits the one after it: that one is handed back, not failed.
        if sandbox is not None:
            sandbox.cancel()

    def lost(self, head: Head) -> None:
        """Kill the sandbox if this very run is still in it: it is not ours any more, and nobody said so."""
        with self._lock:
            sandbox = self._sandbox if self.head == head else None
        if sandbox is not None:
            sandbox.cancel()

    def cancel_all(self) -> None:
        """Kill whatever runs: the worker has to stop."""
        with self._lock:
            sandbox = self._sandbox
        if sandbox is not None:
            sandbox.cancel()
