"""The installation this command line works on, found through the same settings as every other part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from admin import output
from store import generations
from store.catalog import Catalog
from store.errors import RedisUnavailable
from store.settings import StoreSettings

REDIS_TIMEOUT_SECONDS = 3


def settings() -> StoreSettings:
    """The settings of this process's environment, with every default filled in."""
    return StoreSettings().resolved()


@contextmanager
def opened() -> Iterator[Catalog]:
    """The catalogue, closed at the end of the block. Raises CatalogUnavailable, CatalogTooNew.

    One that is not there is made, and that is said: an empty list under the wrong CLOCHE_DATA looks like a disaster.
    """
    found = settings()
    path = found.database_url.removeprefix("sqlite:///")
    if path != found.database_url and not Path(path).exists():
        output.warn(
            f"a new installation begins at {found.data}. Another one is meant? Set CLOCHE_DATA as `make up` has it."
        )
    with Catalog.open(found.database_url) as catalog:
        yield catalog


def redis_client(url: str) -> Redis:
    """A client that gives up soon: a person is waiting. Raises ValueError for a URL that is none."""
    return Redis.from_url(
        url,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def announce(*tenant_ids: str) -> None:
    """Tell every API process that these tenants changed. Call it after the change is committed.

    Without Redis the change stands, and a warning says from when on it holds.
    """
    try:
        with redis_client(settings().redis_url) as client:
            generations.bump_all(client, tenant_ids)
    except (RedisUnavailable, ValueError):
        output.warn("Redis does not answer: the change is stored, and takes effect within 30 seconds of its return.")
