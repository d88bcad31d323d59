"""The pump: takes batches that nobody feeds and feeds each in a task of its own."""

from __future__ import annotations

import asyncio

import structlog

from store.batches.books import Held
from store.errors import StoreError
from worker.batches.feeder import Feeder, Stores

log = structlog.get_logger()

MOST = 64  # batches at once in one pump
LOOK_SECONDS = 0.5


class Pump:
    """One pump process's work. Several may run: each batch is held by one, and found by another when that one dies."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._stopping = asyncio.Event()
        self._feeding: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Take nothing more; ``run`` returns once what is held has been let go."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until ``stop``. Waits for Redis, the catalogue and the blobs when they are away."""
        while not self._stopping.is_set():
            try:
                for held in await self._stores.front.books.take(room=MOST - len(self._feeding)):
                    self._feed(held)
            except StoreError as exc:
                log.warning("pump_waits", code=exc.code, error=str(exc))
            try:
                await asyncio.wait_for(self._stopping.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue
        await asyncio.gather(*self._feeding, return_exceptions=True)

    def _feed(self, held: Held) -> None:
        task = asyncio.create_task(self._run(held))
        self._feeding.add(task)
        task.add_done_callback(self._feeding.discard)

    async def _run(self, held: Held) -> None:
        log.info("batch_taken", batch_id=held.batch_id, fence=held.fence)
        try:
            await Feeder(self._stores, held).run(self._stopping)
        except Exception:
            log.exception("feeding_broke", batch_id=held.batch_id)  # when its lease is over, it is tried again
            return
        log.info("batch_let_go", batch_id=held.batch_id, fence=held.fence)
