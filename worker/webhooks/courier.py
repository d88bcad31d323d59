"""The courier: takes ended jobs, makes them deliveries, attempts those that are due, many at once.

Three loops on one event loop. Nothing in them waits for an endpoint: each attempt is a task of its own,
and the store never hands out more than a few for one endpoint or one tenant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import structlog
from redis.exceptions import RedisError

from store.deliveries import Claimed, DeliveryQueue, Plan
from store.jobs.records import JobRecord
from worker.webhooks import payload
from worker.webhooks.attempt import Attempt
from worker.webhooks.schedule import next_delay_seconds
from worker.webhooks.sender import Sender
from worker.webhooks.signature import signed_headers

SLOTS = 256  # attempts in flight in one courier
TAKE = 50  # job ids taken at once
BEAT_SECONDS = 1.0
WAIT_SECONDS = 1.0  # the longest any loop sleeps: another courier may have scheduled something
PAUSE_SECONDS = 0.5  # after a failure of Redis or of the catalogue

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the courier looks things up; both may block for a moment and run on threads.

    ``job`` gives a job's record or None when it has expired. ``secret`` gives a tenant's signing
    secret, or None when the tenant is unknown or suspended: nothing is sent on its behalf then.
    """

    job: Callable[[str], JobRecord | None]
    secret: Callable[[str], str | None]


class Courier:
    """One courier process's work. At least once: an endpoint may hear the same webhook-id again after a crash."""

    def __init__(
        self, queue: DeliveryQueue, *, sender: Sender, sources: Sources, public_url: str = "", slots: int = SLOTS
    ) -> None:
        self._queue = queue
        self._sender = sender
        self._sources = sources
        self._public_url = public_url
        self._slots = slots
        self._sending: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._something = asyncio.Event()

    def stop(self) -> None:
        """Take nothing more; ``run`` returns once what is in flight has ended."""
        self._stopping.set()
        self._something.set()

    async def run(self) -> None:
        """Work until ``stop``. Waits for Redis and the catalogue when they are away."""
        beating = asyncio.create_task(self._beat())
        try:
            await asyncio.gather(self._take_in(), self._send_out())
            await asyncio.gather(*self._sending)
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
        with suppress(RedisError):  # without Redis the others find out by themselves
            await self._queue.leave()

    async def _beat(self) -> None:
        while True:
            dead = await self._patiently(self._queue.beat, endless=True)
            for name in dead or ():
                log.warning("courier_died", courier=name)
            if dead:
                self._something.set()
            await asyncio.sleep(BEAT_SECONDS)

    async def _take_in(self) -> None:
        """From job ids to deliveries."""
        while not self._stopping.is_set():
            found = await self._patiently(lambda: self._queue.take(room=TAKE, wait_seconds=WAIT_SECONDS))
            for job_id in found or ():
                await self._patiently(lambda job_id=job_id: self._plan(job_id))  # type: ignore[misc]  # mypy can't infer a lambda with a default
            if found:
                self._something.set()

    async def _plan(self, job_id: str) -> None:
        job = await asyncio.to_thread(self._sources.job, job_id)
        if job is None or not job.webhook or not job.ended:
            log.warning("webhook_without_job", job_id=job_id)
            await self._queue.drop(job_id)
            return
        body = payload.build(job, public_url=self._public_url)
        event = f"job.{job.state}"
        await self._queue.plan(Plan(job.id, tenant_id=job.tenant_id, url=job.webhook, event=event, body=body))

    async def _send_out(self) -> None:
        """From due deliveries to attempts."""
        while not self._stopping.is_set():
            self._something.clear()
            room = self._slots - len(self._sending)
            answer = await self._patiently(lambda room=room: self._queue.claim(room=room)) if room else None  # type: ignore[misc]  # as above
            claimed, wait_seconds = answer or ([], None)
            for each in claimed:
                task = asyncio.create_task(self._deliver(each))
                self._sending.add(task)
                task.add_done_callback(self._sent)
            await self._sleep(WAIT_SECONDS if wait_seconds is None or not room else min(wait_seconds, WAIT_SECONDS))

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._something.set()

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._something.wait(), seconds)

    async def _deliver(self, claimed: Claimed) -> None:
        attempt = await self._attempt(claimed)
        attempts = claimed.attempts + 1
        delay = next_delay_seconds(attempts, retry_after_seconds=attempt.retry_after_seconds)
        if attempt.kind == "delivered":
            ending = "delivered"
        else:
            ending = "gave_up" if attempt.kind == "final" or delay is None else "retry"
        fresh = await self._patiently(
            lambda: self._queue.finish(
                claimed,
                ending=ending,  # type: ignore[arg-type]  # inferred as str
                delay_seconds=delay or 0.0,
                status=attempt.status,
                error=attempt.error,
                detail=attempt.detail,
            )
        )
        log.info(
            "webhook_attempted",
            delivery_id=claimed.id,
            tenant_id=claimed.tenant_id,
            attempts=attempts,
            ending=ending if fresh else "superseded",
            status=attempt.status,
            error=attempt.error,
        )

    async def _attempt(self, claimed: Claimed) -> Attempt:
        try:
            secret = await asyncio.to_thread(self._sources.secret, claimed.tenant_id)
            if secret is None:
                return Attempt("failed", error="tenant_suspended", detail="The tenant is unknown or suspended.")
            headers = signed_headers(claimed.body, delivery_id=claimed.id, secret=secret)
            return await self._sender.send(claimed.url, body=claimed.body, headers=headers)
        except Exception:
            # Ours, not the endpoint's; it is tried again, and the log says where to look.
            log.exception("webhook_attempt_broke", delivery_id=claimed.id)
            return Attempt("failed", error="internal", detail="The engine failed while sending; it will try again.")

    async def _patiently(self, step: Callable[[], Awaitable[T]], *, endless: bool = False) -> T | None:
        """Repeat a step until it works; None when told to stop before it did."""
        while True:
            try:
                return await step()
            except Exception as exc:
                log.warning("courier_waits", error=type(exc).__name__, reason=str(exc)[:200])
                if self._stopping.is_set() and not endless:
                    return None
                await asyncio.sleep(PAUSE_SECONDS)
