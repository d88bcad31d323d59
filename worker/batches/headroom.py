"""Whether the platform itself has room for more lines: the same marks that the API holds against new jobs."""

from __future__ import annotations

import asyncio

import structlog

from store.capacity import Full, Marks
from store.jobs.front import JobFront

log = structlog.get_logger()

LOOK_SECONDS = 1.0


class Headroom:
    """Looked at once a second at most, for all batches of one pump."""

    def __init__(self, front: JobFront, marks: Marks) -> None:
        self._front = front
        self._marks = marks
        self._full: Full | None = None
        self._look_at = 0.0

    async def full(self) -> Full | None:
        """What is nearly full. Raises RedisUnavailable."""
        now = asyncio.get_running_loop().time()
        if now >= self._look_at:
            self._full = await self._look()
            self._look_at = now + LOOK_SECONDS
        return self._full

    async def _look(self) -> Full | None:
        memory, disk = await self._front.memory(), None
        try:
            disk = await asyncio.to_thread(self._marks.disk)
        except OSError as exc:
            log.warning("disk_not_measured", error=type(exc).__name__)
        return self._marks.full(memory, disk)
