"""Which workers of this installation have ended, as the kernel tells it.

Each holds a lock on a file of its name in the run folder; the kernel lets go of it in the moment its process ends,
however it ends. Nobody has to wait for the silence of who is dead. Workers on other machines have their own folder:
of those only their silence tells.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path


class Presence:
    """This worker's lock, and a look at the others'. ``name`` must be new."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._path = folder / name
        # Locked before it can be seen under its name: nobody ever takes a starting worker for a dead one.
        hidden = folder / f".{name}"
        self._fd = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hidden.rename(self._path)

    def ended(self) -> list[str]:
        """Names of workers whose process is gone. Two that look at once may each miss one: look again."""
        names = [entry.name for entry in os.scandir(self._folder) if not entry.name.startswith(".")]
        return [name for name in names if name != self._path.name and self._let_go(name)]

    def forget(self, names: Iterable[str]) -> None:
        """What these held is given back: nobody need look for them any more."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def release(self) -> None:
        """Leave without a trace, once what this worker held is given back. Safe to call twice."""
        if self._fd >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1

    def _let_go(self, name: str) -> bool:
        try:
            fd = os.open(self._folder / name, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False  # it left in order just now, or somebody has seen to it
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(fd)
        return True
