"""Batches: whether somebody feeds those that are open."""

from __future__ import annotations

import time
from typing import cast

import redis

from admin.checks.finding import Finding, ok, warn
from admin.installation import redis_client
from store.settings import StoreSettings

UNHELD_SECONDS = 10  # a pump takes what nobody holds within a second, and of a dead one within five


def check_batches(settings: StoreSettings) -> tuple[Finding, ...]:
    """Nothing about a Redis that is away: it has its own check."""
    try:
        with redis_client(settings.redis_url) as client:
            count, unheld = _open(client)
    except (redis.RedisError, ValueError):
        return ()
    if unheld:
        advice = "Start a pump: `make up`, or `cloche-pump`; if one is up, look into its log."
        return (warn("batches", f"{unheld} of {count} open batches are fed by nobody.", advice),)
    return (ok("batches", f"{count} open, all of them fed" if count else "none is open"),)


def _open(client: redis.Redis) -> tuple[int, int]:
    """How many are open, and of how many the lease has been over for a while."""
    now = time.time()
    names = cast("list[bytes]", client.zrangebyscore("batches:open", "-inf", (now - UNHELD_SECONDS) * 1000))
    born = [cast("bytes | None", client.hget(f"batch:{name.decode()}", "c")) for name in names]
    unheld = sum(now - int(created or 0) / 1000 > UNHELD_SECONDS for created in born)
    return client.zcard("batches:open"), unheld
