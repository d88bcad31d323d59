"""A number per tenant that moves when something about the tenant changed.

API processes keep tenants, keys, quotas and versions in memory. A job is admitted with the number
they were read under; Redis compares it in the same step, so a change is in force at once everywhere.

In the same step what its webhook endpoints ask for is unknown again, until the next admission tells: a job that ends
meanwhile is handed over to the couriers, who look up who is told.

# gen:{tenant_id}   integer  how often the tenant changed; no key means 0; never expires
# load:{tenant_id}  hash     ev deleted; listed in jobs/lua/common.lua
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from store.errors import RedisUnavailable


def generation_key(tenant_id: str) -> str:
    """The Redis key that holds the tenant's generation."""
    return f"gen:{tenant_id}"


def bump(redis: Redis, tenant_id: str) -> int:
    """Say that the tenant changed; the new generation. Raises RedisUnavailable.

    Call it after the change is committed: before, a reader could keep the old state under the new number.
    """
    try:
        return _move(redis, (tenant_id,))[0]
    except RedisError as exc:
        raise RedisUnavailable(str(exc)) from exc


def bump_all(redis: Redis, tenant_ids: Iterable[str]) -> None:
    """Say that all of these changed, in one round trip. Raises RedisUnavailable."""
    try:
        _move(redis, tenant_ids)
    except RedisError as exc:
        raise RedisUnavailable(str(exc)) from exc


def _move(redis: Redis, tenant_ids: Iterable[str]) -> list[int]:
    pipe = redis.pipeline(transaction=True)
    for tenant_id in tenant_ids:
        pipe.incr(generation_key(tenant_id))
        pipe.hdel(f"load:{tenant_id}", "ev")
    return [int(each) for each in pipe.execute()[::2]]


def current(redis: Redis, tenant_id: str) -> int:
    """The generation now. Raises RedisUnavailable."""
    try:
        return int(cast("bytes | None", redis.get(generation_key(tenant_id))) or 0)
    except RedisError as exc:
        raise RedisUnavailable(str(exc)) from exc
