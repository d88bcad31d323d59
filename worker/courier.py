"""``cloche-courier``: delivers webhooks until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from typing import cast

import httpx
import redis
import structlog
from pydantic import Field

from store.catalog import Catalog
from store.deliveries import DeliveryQueue, Retention
from store.destinations.addresses import Allow
from store.destinations.resolver import SystemResolver
from store.logs import configure_logs
from store.settings import StoreSettings
from worker.webhooks.courier import SLOTS, Courier
from worker.webhooks.deliverer import DISABLE_DAYS, Deliverer
from worker.webhooks.sender import Sender
from worker.webhooks.sources import Sources, sources_of

log = structlog.get_logger()


class CourierSettings(StoreSettings):
    """What the courier reads from the environment besides where the data lives."""

    public_url: str = Field(default="", description="what tenants put before /v1; in front of the URLs in payloads")
    webhook_disable_days: float = Field(default=DISABLE_DAYS, gt=0, description="of nothing but failures")


def main() -> None:
    """Deliver webhooks until SIGTERM or SIGINT, then finish what is in flight."""
    configure_logs()
    resolved = cast(CourierSettings, CourierSettings().resolved())
    try:
        allow = Allow.parse(resolved.webhook_allow)
    except ValueError as exc:
        sys.exit(f"CLOCHE_WEBHOOK_ALLOW has to be comma-separated networks such as 127.0.0.0/8: {exc}")
    catalog = Catalog.open(resolved.database_url)
    connection = redis.Redis.from_url(resolved.redis_url)
    sources = sources_of(catalog, connection, link_secret=resolved.link_secret, link_seconds=resolved.link_seconds)
    try:
        asyncio.run(_run(resolved, allow=allow, sources=sources))
    finally:
        connection.close()
        catalog.close()


async def _run(settings: CourierSettings, *, allow: Allow, sources: Sources) -> None:
    name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"
    retention = Retention(settings.webhook_log_days, settings.webhook_log_count)
    queue = DeliveryQueue(settings.redis_url, courier=name, retention=retention)
    resolver = SystemResolver(threads=2 * SLOTS)  # a look-up may hang for longer than the attempt that asked
    sender = Sender(allow=allow, resolve=resolver, tls=httpx.create_ssl_context())
    deliverer = Deliverer(
        sender, sources=sources, public_url=settings.public_url, disable_days=settings.webhook_disable_days
    )
    courier = Courier(queue, deliverer=deliverer)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, courier.stop)
    log.info("courier_started", courier=name, allow=[str(network) for network in allow.networks])
    try:
        await courier.run()
    finally:
        resolver.close()
        await queue.close()
        log.info("courier_stopped", courier=name)
