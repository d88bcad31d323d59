"""The GPUs a worker owns, and which sandbox has which: never one in more sandboxes at once than its share."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from sandbox.errors import DevicesBusy, GpuTaken, GpuUnknown

ALL = "all"
_NAME = re.compile(r"[0-9]{1,3}|(GPU|MIG)-[0-9A-Za-z/-]{1,80}")
_WAIT_SECONDS = 10.0  # for a device whose sandbox is being removed; that takes the engine well under a second
_ASK_SECONDS = 30.0


class Devices:
    """Places on devices. Thread-safe. ``share`` is how many sandboxes may live on one device at once."""

    def __init__(self, names: Iterable[str], *, share: int = 1) -> None:
        self.names = tuple(names)
        self._share = share
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    @property
    def places(self) -> int:
        """How many sandboxes may live at once."""
        return len(self.names) * self._share

    def take(self) -> str:
        """A place on the device that has the fewest sandboxes; waits a moment for one. Raises DevicesBusy."""
        with self._changed:
            if not self._changed.wait_for(self._free, timeout=_WAIT_SECONDS):
                raise DevicesBusy(self.names, share=self._share)
            name = min(self.names, key=lambda each: self._taken[each])
            self._taken[name] += 1
            return name

    def give_back(self, name: str) -> None:
        """The sandbox that had it is gone from the engine."""
        with self._changed:
            self._taken[name] -= 1
            self._changed.notify()

    def _free(self) -> bool:
        return any(self._taken[name] < self._share for name in self.names)


class Claims:
    """This process's right to its devices on this machine, for as long as it lives: locks on files in ``folder``.

    Two workers that were given the same name don't start both. An index and a UUID of one device are two names.
    """

    def __init__(self, names: Iterable[str], folder: Path) -> None:
        """Raises GpuTaken when another process has one of them."""
        self._fds: list[int] = []
        for name in names:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fd = os.open(folder / f"{name.replace('/', '_')}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._fds.append(fd)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                self.release()
                raise GpuTaken(name) from exc

    def release(self) -> None:
        """Let go. Safe to call twice. The files stay: a lock on a file that was removed is nobody's."""
        while self._fds:
            os.close(self._fds.pop())


def resolve(wanted: Iterable[str]) -> tuple[str, ...]:
    """Device names as the engine takes them: indices and UUIDs, "all" replaced by what nvidia-smi lists.

    Raises GpuUnknown for what is no device, for one named twice and where "all" can't be found out.
    """
    names = [name.strip() for text in wanted for name in text.split(",") if name.strip()]
    if ALL in names:
        if len(names) > 1:
            raise GpuUnknown('"all" stands alone: it names every GPU there is.')
        return _listed()
    for name in names:
        if not _NAME.fullmatch(name):
            raise GpuUnknown(f"{name!r} is no GPU: give an index (0), a UUID (GPU-…, MIG-…), or all.")
        if names.count(name) > 1:
            raise GpuUnknown(f"The GPU {name} is named twice.")
    return tuple(names)


def _listed() -> tuple[str, ...]:
    command = ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as exc:
        raise GpuUnknown('"all" asks nvidia-smi, which does not answer here; name the GPUs one by one.') from exc
    names = tuple(line.strip() for line in done.stdout.splitlines() if line.strip())
    if not names or not all(map(_NAME.fullmatch, names)):
        raise GpuUnknown("nvidia-smi lists no GPU on this machine.")
    return names
