"""Following jobs: who in this process wants to know of every change, and what there is to know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from store.errors import RedisUnavailable
from store.jobs.codec import decode_printed
from store.jobs.records import JobRecord, Look

Script = Callable[..., Awaitable[Any]]
Get = Callable[[str, str], Awaitable[JobRecord | None]]


class Following:
    """Bells by job, rung by what Redis announces to this process. One event loop's.

    A bell says "look again" and nothing else, so nothing is piled up for who is slow.
    """

    def __init__(self, *, script: Script, call: Script, get: Get, process: str) -> None:
        self._script = script
        self._call = call
        self._get = get
        self._process = process
        self._bells: dict[str, set[asyncio.Event]] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return sum(map(len, self._bells.values()))

    @asynccontextmanager
    async def follow(self, tenant_id: str, job_id: str) -> AsyncIterator[asyncio.Event]:
        """A bell that rings whenever something happened to the job: then look(). It may ring for nothing.

        A ring can be lost with the connection, so look now and then without one. Raises RedisUnavailable.
        """
        bell = asyncio.Event()
        self._bells.setdefault(job_id, set()).add(bell)
        try:
            await self._script("follow", tenant_id, job_id, self._process, 1)
            yield bell
        finally:
            self._bells[job_id].discard(bell)
            if not self._bells[job_id]:
                del self._bells[job_id]
                # Not waited for: whoever leaves may be in a hurry.
                task = asyncio.ensure_future(self._unfollow(tenant_id, job_id))
                self._leaving.add(task)
                task.add_done_callback(self._leaving.discard)

    async def look(self, tenant_id: str, job_id: str, *, after: str) -> Look | None:
        """The job as it stands, and what it has printed since the entry ``after``; None when it is unknown.

        Of a job that has ended: everything that was heard of it while it ran. Raises RedisUnavailable.
        """
        record = await self._get(tenant_id, job_id)
        if record is None:
            return None
        # Read after the record: nothing is kept of what is printed after the end, so nothing can be missing then.
        start = "-" if record.ended else f"({after}"
        entries = await self._call("XRANGE", f"printed:{job_id}", start, "+")
        return Look(record=record, printed=tuple(map(decode_printed, entries)))

    async def printed(self, record: JobRecord) -> str:
        """What the run of this record has printed so far; "" of a call that just began. Raises RedisUnavailable."""
        entries = await self._call("XRANGE", f"printed:{record.id}", "-", "+")
        return "".join(found.text for found in map(decode_printed, entries) if found.fence == record.fence)

    def ring(self, job_id: str) -> None:
        """Something happened to this job."""
        for bell in self._bells.get(job_id, ()):
            bell.set()

    def ring_all(self) -> None:
        """Something may have happened to any job: nobody heard for a while."""
        for job_id in self._bells:
            self.ring(job_id)

    async def _unfollow(self, tenant_id: str, job_id: str) -> None:
        try:
            await self._script("follow", tenant_id, job_id, self._process, 0)
            if job_id in self._bells:  # somebody came while the message was on its way
                await self._script("follow", tenant_id, job_id, self._process, 1)
        except RedisUnavailable:
            return  # this process is told of what nobody here follows, and drops it
