"""Whether the platform itself has room for more lines: the same marks that the API holds against new jobs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import structlog

from store.capacity import fullest
from store.jobs.front import JobFront

log = structlog.get_logger()

LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Marks:
    """Where nearly full begins. ``disk_bytes`` 0: as store.capacity has it."""

    redis_percent: int
    disk_bytes: int
    folders: tuple[Path, ...]


class Headroom:
    """Looked at once a second at most, for all batches of one pump."""

    def __init__(self, front: JobFront, marks: Marks) -> None:
        self._front = front
        self._marks = marks
        self._full = ""
        self._look_at = 0.0

    async def full(self) -> str:
        """What is nearly full: redis_full, disk_nearly_full, or "". Raises RedisUnavailable."""
        now = asyncio.get_running_loop().time()
        if now >= self._look_at:
            self._full = await self._look()
            self._look_at = now + LOOK_SECONDS
        return self._full

    async def _look(self) -> str:
        if (await self._front.memory()).percent > self._marks.redis_percent:
            return "redis_full"
        try:
            disk = await asyncio.to_thread(fullest, self._marks.folders, reserve_bytes=self._marks.disk_bytes)
        except OSError as exc:
            log.warning("disk_not_measured", error=type(exc).__name__)
            return ""
        return "disk_nearly_full" if disk.spare_bytes < 0 else ""
