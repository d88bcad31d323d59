"""Which workers of this installation have ended, as the kernel tells it (``sandbox.life_lock``).

Each holds a lock on a file of its name in the run folder: nobody has to wait for the silence of who is dead. Workers
on other machines have their own folder: of those only their silence tells.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from sandbox.life_lock import LifeLock, let_go


class Presence:
    """This worker's lock, and a look at the others'. ``name`` must be new."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._name = name
        self._lock = LifeLock(folder / name)

    def ended(self) -> list[str]:
        """Names of workers whose process is gone. Two that look at once may each miss one: look again."""
        names = [entry.name for entry in os.scandir(self._folder) if not entry.name.startswith(".")]
        return [name for name in names if name != self._name and self._let_go(name)]

    def forget(self, names: Iterable[str]) -> None:
        """What these held is given back: nobody need look for them any more."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def release(self) -> None:
        """Leave without a trace, once what this worker held is given back. Safe to call twice."""
        self._lock.release()

    def _let_go(self, name: str) -> bool:
        try:
            return let_go(self._folder / name)
        except FileNotFoundError:
            return False  # it left in order just now, or somebody has seen to it
