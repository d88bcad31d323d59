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
from store.deliveries import DeliveryQueue
from store.errors import TenantUnknown
from store.jobs.reader import read
from store.settings import StoreSettings
from worker.webhooks.addresses import Allow
from worker.webhooks.courier import SLOTS, Courier, Sources
from worker.webhooks.resolver import SystemResolver
from worker.webhooks.sender import Sender

log = structlog.get_logger()


class CourierSettings(StoreSettings):
    """What the courier reads from the environment besides where the data lives."""

    public_url: str = Field(default="", description="what tenants put before /v1; in front of the URLs in payloads")


def main() -> None:
    """Deliver webhooks until SIGTERM or SIGINT, then finish what is in flight."""
    resolved = cast(CourierSettings, CourierSettings().resolved())
    try:
        allow = Allow.parse(resolved.webhook_allow)
    except ValueError as exc:
        sys.exit(f"CLOCHE_WEBHOOK_ALLOW has to be comma-separated networks such as 127.0.0.0/8: {exc}")
    catalog = Catalog.open(resolved.database_url)
    connection = redis.Redis.from_url(resolved.redis_url)
    try:
        asyncio.run(_run(resolved, allow=allow, sources=sources(catalog, connection)))
    finally:
        connection.close()
        catalog.close()


def sources(catalog: Catalog, connection: redis.Redis) -> Sources:
    """Jobs from Redis, secrets from the catalogue."""

    def secret(tenant_id: str) -> str | None:
        try:
            tenant = catalog.tenants.get(tenant_id)
        except TenantUnknown:
            return None
        return None if tenant.suspended_at is not None else tenant.webhook_secret

    return Sources(job=lambda job_id: read(connection, job_id), secret=secret)


async def _run(settings: CourierSettings, *, allow: Allow, sources: Sources) -> None:
    name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"
    queue = DeliveryQueue(settings.redis_url, courier=name)
    resolver = SystemResolver(threads=2 * SLOTS)  # a look-up may hang for longer than the attempt that asked
    sender = Sender(allow=allow, resolve=resolver, tls=httpx.create_ssl_context())
    courier = Courier(queue, sender=sender, sources=sources, public_url=settings.public_url)
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
