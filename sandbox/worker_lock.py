"""Which process a container belongs to, and whether that process still lives: a lock in the run folder."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from sandbox.life_lock import LifeLock, let_go


class WorkerLock:
    """This process's lock, and the folder that its sandboxes' sockets live in."""

    def __init__(self, run_dir: Path) -> None:
        run_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
        self.name = f"w-{secrets.token_hex(4)}"
        self.folder = run_dir / self.name
        self.folder.mkdir(mode=0o700)  # a listening socket's path can be read by everybody, in /proc/net/unix
        self._lock = LifeLock(run_dir / f"{self.name}.lock")

    def release(self) -> None:
        """Let go and remove the traces. Safe to call twice."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()


def dead(run_dir: Path, worker: str) -> bool:
    """True when no process holds the lock of this name."""
    try:
        return let_go(run_dir / f"{worker}.lock")
    except FileNotFoundError:
        return True


def forget(run_dir: Path, worker: str) -> None:
    """Remove what a dead worker left in the run folder."""
    shutil.rmtree(run_dir / worker, ignore_errors=True)
    (run_dir / f"{worker}.lock").unlink(missing_ok=True)


def known(run_dir: Path) -> list[str]:
    """Names of the workers that have a lock file here, dead or alive."""
    return [path.stem for path in run_dir.glob("w-*.lock")]
