"""The application: parts opened before the first request and closed after the last, routes, errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import redis
import structlog
from fastapi import FastAPI

from api import errors, pages, routes
from api.auth import Authenticator
from api.described import INTRODUCTION
from api.destinations import Destinations
from api.edge import Edge
from api.express import Express
from api.links import Linker
from api.metrics import Metrics
from api.parts import Parts
from api.pressure import Pressure
from api.threads import Threads
from store.blobs import Blobs
from store.capacity import Marks
from store.catalog import Catalog
from store.deliveries import DeliveryDesk, Retention
from store.destinations.addresses import Allow
from store.destinations.resolver import SystemResolver
from store.jobs.front import JobFront
from store.payloads import Payloads
from store.settings import StoreSettings

log = structlog.get_logger()

REDIS_TIMEOUT_SECONDS = 5
RESOLVER_THREADS = 32  # a look-up of a tenant's name may hang


def create_app(settings: StoreSettings) -> FastAPI:
    """The application over the stores the settings name. Nothing is opened before it starts.

    Starting fails when the catalogue or the blobs can't be opened; Redis may still be away.
    """
    metrics = Metrics()
    app = Express(
        title="Cloche",
        description=INTRODUCTION,
        version=release(),
        lifespan=partial(_lifespan, settings=settings.resolved(), metrics=metrics),
        docs_url=None,  # pages.py has it
        redoc_url=None,
        redirect_slashes=False,
        # Off for good: looked up for every request (5 us), and spans could carry what tenants sent.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.add_middleware(Edge, metrics=metrics)
    app.cut_short(metrics)
    errors.install(app)
    routes.install(app)
    pages.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI, *, settings: StoreSettings, metrics: Metrics) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        app.state.parts = await _open(settings, metrics, stack)
        log.info("api_started")
        yield
    log.info("api_stopped")


async def _open(settings: StoreSettings, metrics: Metrics, stack: AsyncExitStack) -> Parts:
    """Open everything; the stack closes it again in the opposite order."""
    threads = Threads()
    stack.callback(threads.close)
    catalog = await threads.call(Catalog.open, settings.database_url)
    stack.callback(catalog.close)
    blobs = await threads.call(Blobs.open, settings.blobs_url, settings.data / "cache")
    connection = redis.Redis.from_url(settings.redis_url, socket_timeout=REDIS_TIMEOUT_SECONDS)
    stack.callback(connection.close)
    resolver = SystemResolver(threads=RESOLVER_THREADS)
    stack.callback(resolver.close)
    jobs = JobFront(settings.redis_url)
    await jobs.start()
    stack.push_async_callback(jobs.close)
    pressure = Pressure(Marks.of(settings, settings.data, blobs.temp_dir), metrics=metrics)
    watching = asyncio.ensure_future(pressure.watch(jobs, threads))
    stack.callback(watching.cancel)
    return Parts(
        catalog=catalog,
        blobs=blobs,
        jobs=jobs,
        auth=Authenticator(catalog, jobs, threads),
        metrics=metrics,
        threads=threads,
        payloads=Payloads(blobs),
        linker=Linker(jobs, setting=settings.link_secret, lifetime_seconds=settings.link_seconds),
        inline_bytes=settings.inline_bytes,
        pressure=pressure,
        connection=connection,
        desk=DeliveryDesk(connection),
        destinations=Destinations(Allow.parse(settings.webhook_allow), resolver),
        retention=Retention(settings.webhook_log_days, settings.webhook_log_count),
    )


def release() -> str:
    """The installed release, or "0" in a checkout that isn't installed."""
    try:
        return version("cloche-server")
    except PackageNotFoundError:
        return "0"
