"""The opened stores behind one running API."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import redis
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from api.auth import Authenticator
from api.departures import Departure
from api.destinations import Destinations
from api.links import Linker
from api.metrics import Metrics
from api.pressure import Pressure
from api.threads import Threads
from store.blobs import Blobs
from store.catalog import Catalog
from store.deliveries import DeliveryDesk, Retention
from store.generations import bump
from store.jobs.front import JobFront
from store.jobs.records import JobRecord
from store.payloads import Payloads

LARGE_JSON_AT_ONCE = 2  # large inputs in memory while their JSON is checked
CHECKS_AT_ONCE = 4  # each is a child process that may use a core for seconds


@dataclass(slots=True)
class Parts:
    """What the endpoints work with. Opened before the first request, closed after the last."""

    catalog: Catalog
    blobs: Blobs
    jobs: JobFront
    auth: Authenticator
    metrics: Metrics
    threads: Threads
    payloads: Payloads
    linker: Linker
    inline_bytes: int  # larger inputs and outputs are in the blob store
    pressure: Pressure
    connection: redis.Redis  # for what is rare and may block a thread
    desk: DeliveryDesk  # likewise
    destinations: Destinations
    retention: Retention
    closing: bool = False
    waiting: set[asyncio.Task[object]] = field(default_factory=set)  # requests that wait for a job's end
    uploading: Counter[str] = field(default_factory=Counter)  # bytes on disk of uploads under way, by tenant
    streaming: Counter[str] = field(default_factory=Counter)  # open event streams, by tenant
    large_json: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_JSON_AT_ONCE))
    checks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CHECKS_AT_ONCE))

    async def wait(self, tenant_id: str, job_id: str, seconds: float, *, receive: Receive) -> JobRecord | None:
        """The job when it has ended, after ``seconds``, or when this process is told to stop.

        Raises ClientDisconnect when nobody waits any more.
        """
        task = asyncio.current_task()
        assert task is not None
        self.waiting.add(task)
        departure = Departure(receive)
        try:
            return await self.jobs.wait(tenant_id, job_id, 0 if self.closing else seconds)
        except asyncio.CancelledError as exc:
            if departure.gone and not task.uncancel():
                raise ClientDisconnect from exc
            if not self.closing or task.uncancel():
                raise
            return await self.jobs.get(tenant_id, job_id)
        finally:
            departure.end()
            self.waiting.discard(task)

    def release(self) -> None:
        """Answer everybody who waits, now: the process is about to stop."""
        self.closing = True
        for task in tuple(self.waiting):
            task.cancel()

    async def changed(self, tenant_id: str) -> None:
        """Tell every API process that something about the tenant changed. After the change is committed."""
        await self.threads.call(bump, self.connection, tenant_id)


def parts_of(request: Request) -> Parts:
    """The parts of the application this request came to."""
    parts: Parts = request.scope["app"].state.parts
    return parts
