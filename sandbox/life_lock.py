"""Whether a process still lives, as the kernel tells it: a lock on a file, which ends in the moment its holder does.

However that ends. Process ids would lie across namespaces and after they are reused.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class LifeLock:
    """Held on a file of its own, whose name must be new, for as long as this process lives."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Locked before it can be seen under its name: nobody ever takes a starting process for a dead one.
        hidden = path.with_name(f".{path.name}")
        self._fd = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hidden.rename(path)

    def release(self) -> None:
        """Let go and remove the file. Safe to call twice."""
        if self._fd >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1


def let_go(path: Path) -> bool:
    """Whether who held it is gone. Two that look at once may each hear no. Raises FileNotFoundError."""
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True
