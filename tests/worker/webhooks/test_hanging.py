"""A courier among endpoints that never answer."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from store.deliveries import DeliveryQueue
from store.destinations.addresses import Allow
from store.destinations.resolver import SystemResolver
from tests.attacks_webhooks.listener import Answer, Listener, Request, eventually
from worker.webhooks.courier import Courier
from worker.webhooks.deliverer import Deliverer
from worker.webhooks.sender import Sender
from worker.webhooks.sources import sources_of

SLOTS = 32  # fewer than a courier has, so that few requests fill them
TENANTS = 6


@contextmanager
def patient_courier(world) -> Iterator[None]:
    """A courier that waits for an answer for as long as the test takes."""
    resolver = SystemResolver(threads=4)
    sender = Sender(
        allow=Allow.parse("127.0.0.0/8"), resolve=resolver, tls=ssl.create_default_context(), timeout_seconds=3600
    )
    deliverer = Deliverer(sender, sources=sources_of(world.catalog, world.redis))
    started = threading.Event()
    found: list[tuple[asyncio.AbstractEventLoop, Courier]] = []

    async def deliver() -> None:
        queue = DeliveryQueue(world.redis_url, courier="patient")
        courier = Courier(queue, deliverer=deliverer, slots=SLOTS)
        found.append((asyncio.get_running_loop(), courier))
        started.set()
        await courier.run()
        await queue.close()

    thread = threading.Thread(target=asyncio.run, args=(deliver(),))
    thread.start()
    started.wait()
    try:
        yield
    finally:
        [(loop, courier)] = found
        loop.call_soon_threadsafe(courier.stop)
        thread.join()
        resolver.close()


def test_a_healthy_endpoint_is_told_while_others_hang(world) -> None:
    """Six tenants' endpoints swallow what they are sent and answer nothing, each with more waiting than its share:
    another tenant's job is told by the same courier while every one of them still hangs."""
    over = threading.Event()

    def hang(request: Request) -> Answer:
        over.wait()
        return Answer()

    with Listener(hang) as tarpit, Listener() as healthy:
        for number in range(TENANTS):
            owner = world.catalog.tenants.create(f"slow-{number}")
            world.endpoint(f"{tarpit.url}/{number}", "job.succeeded", tenant_id=owner.id)
            world.end_jobs(*[""] * SLOTS, tenant_id=owner.id)
        with patient_courier(world):
            try:
                eventually(lambda: len({each.path for each in tarpit.requests}) == TENANTS)
                endpoint = world.endpoint(healthy.url, "job.succeeded")
                [job_id] = world.end_jobs("")
                eventually(lambda: world.told(endpoint, job_id).get("state") == "delivered")
                assert world.redis.hmget("deliveries:stats", "delivered", "failed") == [b"1", None]
            finally:
                over.set()
    assert len(healthy.requests) == 1
