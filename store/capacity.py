"""What room the platform itself has left: Redis's memory, the data's disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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


def free_bytes(folders: Iterable[Path]) -> int:
    """The least room among the disks that these folders are, or will be, on. Raises OSError."""
    return min(shutil.disk_usage(_existing(folder)).free for folder in folders)


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
