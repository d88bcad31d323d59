"""What room the platform itself has left: Redis's memory, the data's disk; and what is called nearly full."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from policies.limits import GIB
from store.settings import StoreSettings

Full = Literal["redis_full", "disk_nearly_full"]


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


@dataclass(frozen=True, slots=True)
class Marks:
    """Where nearly full begins, for whoever lets work in: the API and the pump judge alike.

    ``queued_jobs`` of all tenants together is compared in the scripts that admit; 0: no limit. ``disk_bytes`` are kept
    in reserve on each disk of ``folders``; 0: as disk_of has it.
    """

    queued_jobs: int
    redis_percent: int
    disk_bytes: int
    folders: tuple[Path, ...] = ()

    @classmethod
    def of(cls, settings: StoreSettings, *folders: Path) -> Self:
        """As the operator set them, for the disks of these folders."""
        return cls(settings.queue_limit, settings.redis_full_percent, settings.disk_reserve_bytes, folders)

    def disk(self) -> Disk:
        """The disk with the least to spare. Blocks. Raises OSError."""
        return fullest(self.folders, reserve_bytes=self.disk_bytes)

    def full(self, memory: Memory | None, disk: Disk | None) -> Full | None:
        """What is nearly full; what could not be asked (None) is not."""
        if memory is not None and memory.percent > self.redis_percent:
            return "redis_full"
        if disk is not None and disk.spare_bytes < 0:
            return "disk_nearly_full"
        return None


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
