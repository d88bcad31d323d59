"""A courier that is told to stop stops."""

from __future__ import annotations

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any, cast

from store.deliveries import DeliveryQueue
from worker.webhooks.courier import Courier


class Deaf(DeliveryQueue):
    """A queue whose client swallows a cancellation while it beats, as Redis's now and then does."""

    async def beat(self) -> list[str]:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(5)
        return await super().beat()


def test_a_swallowed_cancellation_keeps_no_courier(redis_url: str) -> None:
    """The beat ends by itself, so that run returns and the process can go."""

    async def stopped() -> None:
        queue = Deaf(redis_url, courier="c1")
        courier = Courier(queue, deliverer=cast(Any, SimpleNamespace(sources=None, public_url="")))
        running = asyncio.create_task(courier.run())
        await asyncio.sleep(0.1)
        courier.stop()
        async with asyncio.timeout(30):
            await running
        await queue.close()

    asyncio.run(stopped())
