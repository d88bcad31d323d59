"""The end of everything that a tenant has under way, for whoever suspends it. Synchronous: for the admin CLI."""

# jobs:{tenant}, batches:{tenant}  zsets, load:{tenant}  hash: read; job:{id}, batch:{id}: ended by their scripts

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import redis

from store import scripting
from store.errors import RedisUnavailable
from store.jobs.holdings import load_key
from store.jobs.scripts import script

_PAGE = 1_000
_PASSES = 5  # requests that were under way when the tenant was suspended may still bring some
_LIVE = (b"queued", b"running")


@dataclass(frozen=True, slots=True)
class Underway:
    """What a tenant has that has not ended."""

    queued_jobs: int
    running_jobs: int
    open_batches: int


@dataclass(frozen=True, slots=True)
class Canceled:
    """What was canceled. Batches end with the pump's next look at them, their lines under way with the jobs."""

    jobs: int
    batches: int


def underway(connection: redis.Redis, tenant_id: str) -> Underway:
    """Raises RedisUnavailable."""
    try:
        found = cast("list[bytes | None]", connection.hmget(load_key(tenant_id), ["queued", "running", "batches"]))
    except redis.RedisError as exc:
        raise RedisUnavailable(str(exc)) from exc
    return Underway(*(int(value or 0) for value in found))


def cancel_all(connection: redis.Redis, tenant_id: str) -> Canceled:
    """Cancel each job and batch that has not ended. Raises RedisUnavailable; asked again, it does the rest.

    What runs is killed as for any cancellation. Nothing keeps the tenant from adding more: suspend it first.
    """
    try:
        batches = sum(
            _cancel(connection, "batch_cancel", tenant_id, name) for name in _ids(connection, "batches", tenant_id)
        )
        jobs = 0
        for _ in range(_PASSES):
            found = _cancel_jobs(connection, tenant_id)
            jobs += found
            if not found:
                break
    except redis.RedisError as exc:
        raise RedisUnavailable(str(exc)) from exc
    return Canceled(jobs=jobs, batches=batches)


def _cancel_jobs(connection: redis.Redis, tenant_id: str) -> int:
    return sum(_cancel(connection, "cancel", tenant_id, name) for name in _live(connection, tenant_id))


def _cancel(connection: redis.Redis, name: str, tenant_id: str, found: str) -> bool:
    """Whether it was there to be canceled."""
    return scripting.run(connection, script(name), tenant_id, found) in _LIVE


def _live(connection: redis.Redis, tenant_id: str) -> Iterator[str]:
    """Jobs that have not ended, oldest first: the running ones are among the first."""
    for page in _pages(connection, f"jobs:{tenant_id}"):
        asked = connection.pipeline(transaction=False)
        for name in page:
            asked.hget(f"job:{name}", "s")
        states = cast("list[bytes | None]", asked.execute())
        yield from (name for name, state in zip(page, states, strict=True) if state in _LIVE)


def _ids(connection: redis.Redis, kind: str, tenant_id: str) -> Iterator[str]:
    for page in _pages(connection, f"{kind}:{tenant_id}"):
        yield from page


def _pages(connection: redis.Redis, key: str) -> Iterator[list[str]]:
    bottom = "-"
    while True:
        found = cast("list[bytes]", connection.zrangebylex(key, bottom, "+", start=0, num=_PAGE))
        if not found:
            return
        yield [name.decode() for name in found]
        bottom = f"({found[-1].decode()}"
