"""One up or down at a time for each installation."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.console import say
from ops.errors import Locked


@contextmanager
def held(path: Path, *, within_seconds: float = 120.0) -> Iterator[None]:
    """Hold the lock, waiting for another holder to end. The kernel frees it when its holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:  # not inherited by the parts: Python closes it at exec
        _acquire(file.fileno(), path=path, within_seconds=within_seconds)
        yield


def _acquire(descriptor: int, *, path: Path, within_seconds: float) -> None:
    deadline = time.monotonic() + within_seconds
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Locked(path) from None
            if not told:
                say("another `make up` or `make down` is at work; waiting for it")
                told = True
            time.sleep(0.1)
