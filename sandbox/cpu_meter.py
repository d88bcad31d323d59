"""The processor time that a whole container has used: its init, its runner and whatever a model left behind.

The kernel counts it in the container's control group, and reading it there costs one small file. Which group that is
says ``/proc/<pid>/cgroup`` of the container's first process; gVisor's kernel is in its container's group as well. A
worker that is in a container itself sees other processes under those numbers, and no groups but its own: a group that
doesn't carry the container's whole id is not believed, and the engine is asked instead, now and then, because that
takes it 5 to 15 ms. Where neither tells, the time is not known, and nothing depends on it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import docker.errors

from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable

_PROC = Path("/proc")
_ENGINE_EVERY_SECONDS = 10.0


class CpuMeter:
    """Reads one container. Belongs to one thread at a time."""

    def __init__(self, engine: Engine, container_id: str, *, proc: Path = _PROC) -> None:
        self._engine = engine
        self._container_id = container_id
        self._proc = proc
        self._searched = False
        self._file: Path | None = None
        self._asks_at = 0.0

    def read(self) -> float | None:
        """Seconds since the container began; None where nobody can tell, or not so soon again. Never raises."""
        try:
            if not self._searched:
                self._file = self._find()
                self._searched = True
            return _seconds(self._file) if self._file is not None else self._ask()
        except (OSError, ValueError, LookupError, EngineUnreachable, docker.errors.APIError):
            return None  # it ended, or the engine is away: whoever uses the sandbox finds out

    def _find(self) -> Path | None:
        """The file of its group; None where this process can't see it."""
        pid = (self._engine.state(self._container_id) or {}).get("Pid")
        try:
            groups = (self._proc / str(pid) / "cgroup").read_text()
            mounts = (self._proc / "self" / "mountinfo").read_text()
        except OSError:
            return None
        found = _files(groups, mounts, container_id=self._container_id)
        return next((file for file in found if file.is_file()), None)

    def _ask(self) -> float | None:
        now = time.monotonic()
        if now < self._asks_at:
            return None
        self._asks_at = now + _ENGINE_EVERY_SECONDS
        return self._engine.cpu_seconds(self._container_id) or None  # it says 0 where it doesn't know


def _files(groups: str, mounts: str, *, container_id: str) -> Iterator[Path]:
    """Where the count may be: in the first version's hierarchy of processor time, or in the second version's only one.

    A machine that has both counts in both, but not every runtime puts its containers into both.
    """
    lines = [line.split(":", 2) for line in groups.splitlines()]
    for kind, name in (("cpuacct", "cpuacct.usage"), ("", "cpu.stat")):
        for _, controllers, path in lines:
            if kind in controllers.split(",") and (group := _whole(path, container_id)):
                yield from (mount / group / name for mount in _mounted(mounts, kind))


def _whole(path: str, container_id: str) -> str | None:
    """The container's own group, not one that was made within it. Without the slash at the beginning."""
    parts = path.strip("/").split("/")
    own = next((number for number, part in enumerate(parts) if container_id in part), None)
    return None if own is None or ".." in parts else "/".join(parts[: own + 1])


def _mounted(mounts: str, kind: str) -> Iterator[Path]:
    """Where the hierarchy is mounted as a whole: its root, and so every group under the name it goes by."""
    for line in mounts.splitlines():
        place, _, filesystem = line.partition(" - ")
        root, folder = place.split()[3:5]
        type_, _, options = filesystem.split(" ", 2)
        wanted = type_ == "cgroup2" if not kind else type_ == "cgroup" and kind in options.split(",")
        if wanted and root == "/":
            yield Path(folder)


def _seconds(file: Path) -> float:
    text = file.read_text()
    if file.name == "cpuacct.usage":
        return int(text) / 1e9
    fields = dict(line.split(" ", 1) for line in text.splitlines())
    return int(fields["usage_usec"]) / 1e6
