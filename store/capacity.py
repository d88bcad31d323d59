"""What room the platform itself has left: Redis's memory, the data's disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.limits import GIB


@dataclass(frozen=True, slots=True)
class Memory:
    """What Redis uses, and the most it may: its ``maxmemory``, or the machine's memory where it has none."""

    used_bytes: int
    limit_bytes: int
    bounded: bool  # by maxmemory

    @property
    def percent(self) -> float:
        """How full it is; 0 where the limit is not known."""
        return 100 * self.used_bytes / self.limit_bytes if self.limit_bytes else 0.0


def memory_of(info: Mapping[str, Any]) -> Memory:
    """From the numbers of ``INFO memory``. Buffers for replicas and the AOF don't count against the limit."""
    used = int(info.get("used_memory", 0)) - int(info.get("mem_not_counted_for_evict", 0))
    most = int(info.get("maxmemory", 0))
    return Memory(used, most or int(info.get("total_system_memory", 0)), bounded=most > 0)


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk's room, and how much of it is kept in reserve for what was accepted."""

    free_bytes: int
    total_bytes: int
    reserve_bytes: int

    @property
    def spare_bytes(self) -> int:
        """What new data may take; below 0 the reserve is touched."""
        return self.free_bytes - self.reserve_bytes


def disk_of(folder: Path, *, reserve_bytes: int) -> Disk:
    """The disk that the folder is, or will be, on. A reserve of 0 is 1 GiB, of a small disk a tenth. Raises OSError."""
    usage = shutil.disk_usage(_existing(folder))
    return Disk(usage.free, usage.total, reserve_bytes or min(GIB, usage.total // 10))


def fullest(folders: Iterable[Path], *, reserve_bytes: int) -> Disk:
    """The disk with the least to spare. Raises OSError."""
    return min((disk_of(folder, reserve_bytes=reserve_bytes) for folder in folders), key=lambda disk: disk.spare_bytes)


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
