"""``cloche-pump``: feeds batches into the queue until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from typing import cast

import structlog
from pydantic import Field

from store.blobs import Blobs
from store.capacity import Marks
from store.catalog import Catalog
from store.jobs.front import JobFront
from store.payloads import Payloads
from store.settings import StoreSettings
from worker.batches.feeder import Stores
from worker.batches.headroom import Headroom
from worker.batches.pump import Pump

log = structlog.get_logger()


class PumpSettings(StoreSettings):
    """What the pump reads from the environment besides where the data lives."""

    public_url: str = Field(default="", description="what tenants put before /v1; in front of the URLs in payloads")


def main() -> None:
    """Feed batches until SIGTERM or SIGINT, then let them go to whoever comes next."""
    settings = cast(PumpSettings, PumpSettings().resolved())
    catalog = Catalog.open(settings.database_url)
    try:
        asyncio.run(_run(settings, catalog))
    finally:
        catalog.close()


async def _run(settings: PumpSettings, catalog: Catalog) -> None:
    blobs = Blobs.open(settings.blobs_url, settings.data / "cache")
    front = JobFront(settings.redis_url)
    await front.start()
    stores = Stores(
        front,
        catalog,
        Payloads(blobs),
        Headroom(front, Marks.of(settings, settings.data, blobs.temp_dir)),
        inline_bytes=settings.inline_bytes,
        engine_limit=settings.queue_limit,
        public_url=settings.public_url,
    )
    pump = Pump(stores)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, pump.stop)
    log.info("pump_started")
    try:
        await pump.run()
    finally:
        await front.close()
        log.info("pump_stopped")


if __name__ == "__main__":
    main()
