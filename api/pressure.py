"""Backpressure: new work is refused while the platform is nearly full, so that what was accepted can be finished.

Looked at once a second beside the requests; a request only compares. Reading, canceling and waiting are not asked.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from api.errors import Problem
from api.metrics import Metrics
from api.threads import Threads
from store.capacity import Disk, Full, Marks, Memory
from store.errors import RedisUnavailable
from store.jobs.front import JobFront

log = structlog.get_logger()

LOOK_SECONDS = 1.0
ENGINE_SECONDS, REDIS_SECONDS, DISK_SECONDS = 5, 10, 30  # Retry-After: how fast each gets better by itself

RETRIES: dict[Full, int] = {"redis_full": REDIS_SECONDS, "disk_nearly_full": DISK_SECONDS}


class Pressure:
    """What is nearly full, as last seen. Before the first look, and of what can't be asked: nothing."""

    def __init__(self, marks: Marks, *, metrics: Metrics) -> None:
        self.marks = marks
        self._metrics = metrics
        self.memory: Memory | None = None
        self.disk: Disk | None = None
        self.full: Full | None = None

    def check_job(self) -> None:
        """Raises redis_full or disk_nearly_full."""
        if self.full is not None:
            self._metrics.refused.labels(self.full).inc()
            raise _problem(self.full)

    def check_upload(self, more_bytes: int = 0) -> None:
        """Raises disk_nearly_full when these bytes would take what is kept in reserve."""
        if self.disk is not None and self.disk.spare_bytes < more_bytes:
            raise _problem("disk_nearly_full")

    async def watch(self, jobs: JobFront, threads: Threads) -> None:
        """Look for as long as the process lives."""
        while True:
            try:
                await self.look(jobs, threads)
            except Exception as exc:
                # A fault of ours: without this loop, what is called full now would be called so for ever.
                log.warning("capacity_not_measured", error=type(exc).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, jobs: JobFront, threads: Threads) -> None:
        """Once. What can't be asked now keeps its last value: without Redis nothing is admitted anyway."""
        with suppress(RedisUnavailable):
            self.memory = await jobs.memory()
        try:
            self.disk = await threads.call(self.marks.disk)
        except OSError as exc:
            log.warning("disk_not_measured", error=type(exc).__name__)
        before, self.full = self.full, self.marks.full(self.memory, self.disk)
        self._metrics.measure(memory=self.memory, disk=self.disk, full=self.full)
        if self.full != before:
            log.warning("capacity_changed", full=self.full or "nothing", before=before or "nothing")


def engine_full(queued: int) -> Problem:
    """The answer when all tenants together have as many jobs queued as the engine takes."""
    detail = f"{queued:,} jobs wait in this engine, which is all it takes; try again in a few seconds."
    return Problem("engine_full", detail, headers={"retry-after": str(ENGINE_SECONDS)})


def _problem(full: Full) -> Problem:
    detail = {
        "redis_full": "The job store is nearly full; accepted jobs go on, new ones are taken again when it has room.",
        "disk_nearly_full": "The platform's disk is nearly full; accepted jobs go on, new data is not taken now.",
    }[full]
    return Problem(full, detail, headers={"retry-after": str(RETRIES[full])})
