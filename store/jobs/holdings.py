"""What stands against a tenant's quotas in Redis, now."""

# load:{tenant}       hash  read; listed in lua/common.lua, as the others are
# gpu_turns:{tenant}  set   read
# gpu_turns:issued    zset  read

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import redis

from store.errors import RedisUnavailable


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much of each quota is used. The fields have the quotas' names; seconds are those of this month (UTC)."""

    queued_jobs: int
    queued_bytes: int
    kept_bytes: int
    run_seconds_per_month: float
    gpu_seconds_per_month: float
    gpus: int  # held by turns that have begun; one that waits for a worker counts against the quota, but holds none


def load_key(tenant_id: str) -> str:
    """The Redis key of a tenant's counters."""
    return f"load:{tenant_id}"


def read(connection: redis.Redis, tenant_id: str) -> Holdings:
    """For who can't wait asynchronously. Raises RedisUnavailable."""
    try:
        asked = connection.pipeline(transaction=False)
        for command in commands(tenant_id):
            asked.execute_command(*command)
        fields, turns, waiting = asked.execute()
        return decode_holdings(cast("dict[bytes, bytes]", fields), gpus=turns - waiting)
    except redis.RedisError as exc:
        raise RedisUnavailable(str(exc)) from exc


def commands(tenant_id: str) -> tuple[tuple[str | int, ...], ...]:
    """What to ask Redis for: the tenant's counters, how many GPU turns it has, how many of these have not begun."""
    turns = f"gpu_turns:{tenant_id}"
    return ("HGETALL", load_key(tenant_id)), ("SCARD", turns), ("ZINTERCARD", 2, turns, "gpu_turns:issued")


def decode_holdings(fields: Mapping[bytes, bytes], *, gpus: int) -> Holdings:
    """From the hash of a tenant's counters."""
    month = f"{datetime.now(UTC):%Y%m}"

    def number(name: str) -> int:
        return int(fields.get(name.encode(), b"0"))

    return Holdings(
        queued_jobs=number("queued"),
        queued_bytes=number("in"),
        kept_bytes=number("kept"),
        run_seconds_per_month=number(f"run:{month}") / 1e6,
        gpu_seconds_per_month=number(f"gpu:{month}") / 1e6,
        gpus=max(0, gpus),
    )
