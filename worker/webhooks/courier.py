"""The courier: takes what has happened, makes it deliveries, attempts those that are due, many at once.

Three loops on one event loop. Nothing in them waits for an endpoint: each attempt is a task of its own,
and the store never hands out more than a few for one endpoint or one tenant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog
from redis.exceptions import RedisError

from store.catalog.records import DisabledReason
from store.deliveries import TEST_EVENT, Claimed, DeliveryQueue, Finished
from store.deliveries.queue import Verdict
from worker.webhooks.deliverer import Conclusion, Deliverer, failing_note, gone_note
from worker.webhooks.patience import Patience
from worker.webhooks.planner import plan_of

SLOTS = 256  # attempts in flight in one courier
TAKE = 50  # entries taken at once
BEAT_SECONDS = 1.0
WAIT_SECONDS = 1.0  # the longest any loop sleeps: another courier may have scheduled something

log = structlog.get_logger()
T = TypeVar("T")


class Courier:
    """One courier process's work. At least once: an endpoint may hear the same webhook-id again after a crash."""

    def __init__(self, queue: DeliveryQueue, *, deliverer: Deliverer, slots: int = SLOTS) -> None:
        self._queue = queue
        self._deliverer = deliverer
        self._sources = deliverer.sources
        self._slots = slots
        self._patience = Patience()
        self._sending: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._over = False
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
            self._over = True  # the Redis client now and then swallows a cancellation
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
        with suppress(RedisError):  # without Redis the others find out by themselves
            await self._queue.leave()

    async def _beat(self) -> None:
        while not self._over:
            dead = await self._patience.repeat("beat", self._queue.beat, give_up=lambda: False)
            for name in dead or ():
                log.warning("courier_died", courier=name)
            if dead:
                self._something.set()
            await asyncio.sleep(BEAT_SECONDS)

    async def _take_in(self) -> None:
        """From what has happened to deliveries."""
        while not self._stopping.is_set():
            found = await self._patiently("take", partial(self._queue.take, room=TAKE, wait_seconds=WAIT_SECONDS))
            for entry in found or ():
                await self._patiently("plan", partial(self._plan, entry))
            if found:
                self._something.set()

    async def _plan(self, entry: bytes) -> None:
        plan = await asyncio.to_thread(plan_of, entry, self._sources, public_url=self._deliverer.public_url)
        if plan is None:
            await self._queue.drop(entry)
        else:
            await self._queue.plan(plan)

    async def _send_out(self) -> None:
        """From due deliveries to attempts."""
        while not self._stopping.is_set():
            self._something.clear()
            room = self._slots - len(self._sending)
            answer = (
                await self._patiently("claim", partial(self._queue.claim, room=room, slots=self._slots))
                if room
                else None
            )
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
        done = await self._deliverer.attempt(claimed)
        if done.gone:  # first: should this process die before the attempt is recorded, the next one meets the same 410
            await self._disable(claimed, done, reason="gone", note=gone_note())
        finished = await self._patiently("finish", partial(self._finish, claimed, done))
        if finished is not None and self._deliverer.has_failed_for_days(finished):
            await self._disable(claimed, done, reason="failing", note=failing_note(finished, done.attempt))
        log.info(
            "webhook_attempted",
            delivery_id=claimed.id,
            tenant_id=claimed.tenant_id,
            attempts=claimed.attempts + 1,
            ending=done.ending if finished is not None and finished.fresh else "superseded",
            status=done.attempt.status,
            error=done.attempt.error,
        )

    async def _finish(self, claimed: Claimed, done: Conclusion) -> Finished:
        attempt = done.attempt
        return await self._queue.finish(
            claimed,
            ending=done.ending,
            delay_seconds=done.delay_seconds,
            status=attempt.status,
            error=attempt.error,
            detail=attempt.detail,
            duration_seconds=done.duration_seconds,
            endpoint_was=_verdict(claimed, done),
        )

    async def _disable(self, claimed: Claimed, done: Conclusion, *, reason: DisabledReason, note: str) -> None:
        disable = self._sources.disable
        await self._patiently(
            "disable", partial(asyncio.to_thread, disable, claimed.endpoint_id, reason, note, done.url)
        )

    async def _patiently(self, name: str, step: Callable[[], Awaitable[T]]) -> T | None:
        """Repeat a step until it works; None when told to stop before it did."""
        return await self._patience.repeat(name, step, give_up=self._stopping.is_set)


def _verdict(claimed: Claimed, done: Conclusion) -> Verdict:
    """What the attempt says of its endpoint. A test that fails is what tests are for."""
    if done.attempt.kind == "delivered":
        return "good"
    return "" if done.attempt.ours or claimed.event == TEST_EVENT else "bad"
