"""Which process a container belongs to, and whether that process still lives.

A worker holds a lock on a file in the run folder for as long as it lives; the kernel lets go of it when
the process ends, however it ends. Process ids would lie across namespaces and after they are reused.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from pathlib import Path


class WorkerLock:
    """This process's lock, and the folder that its sandboxes' sockets live in."""

    def __init__(self, run_dir: Path) -> None:
        run_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
        self.name = f"w-{secrets.token_hex(4)}"
        self.folder = run_dir / self.name
        self._path = run_dir / f"{self.name}.lock"
        # Locked before it can be seen under its name: nobody ever takes a starting worker for a dead one.
        hidden = run_dir / f".{self.name}.starting"
        self._fd = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.folder.mkdir(mode=0o700)  # a listening socket's path can be read by everybody, in /proc/net/unix
        hidden.rename(self._path)

    def release(self) -> None:
        """Let go and remove the traces. Safe to call twice."""
        if self._fd >= 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1


def dead(run_dir: Path, worker: str) -> bool:
    """True when no process holds the lock of this name."""
    try:
        fd = os.open(run_dir / f"{worker}.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


def forget(run_dir: Path, worker: str) -> None:
    """Remove what a dead worker left in the run folder."""
    shutil.rmtree(run_dir / worker, ignore_errors=True)
    (run_dir / f"{worker}.lock").unlink(missing_ok=True)


def known(run_dir: Path) -> list[str]:
    """Names of the workers that have a lock file here, dead or alive."""
    return [path.stem for path in run_dir.glob("w-*.lock")]
