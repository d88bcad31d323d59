"""Which payloads are to be deleted, and when: written by the scripts that end jobs, worked off by janitors.

# payloads:doomed  zset    names of payloads by the time (ms, Redis's clock) from which on nobody needs them
# payloads:swept   string  somebody looked for orphans lately; expires
"""

from __future__ import annotations

from typing import Any, cast

import redis

from store.errors import RedisUnavailable

DOOMED_KEY = "payloads:doomed"
SWEPT_KEY = "payloads:swept"
RETRY_MS = 60_000  # who took a name and did not delete it within this time has failed: the next one tries

# Taking puts a name off instead of removing it: whoever dies in the middle has lost nothing.
_TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local names = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, name in ipairs(names) do redis.call('ZADD', KEYS[1], now + ARGV[2], name) end
return names
"""


class Doomed:
    """The list of payloads that are to go. Several janitors may work on it. Raises RedisUnavailable."""

    def __init__(self, connection: redis.Redis) -> None:
        self._redis = connection
        self._take = connection.register_script(_TAKE)

    def take(self, count: int) -> list[str]:
        """Up to so many names whose time has come; they come again after a minute unless forgotten."""
        try:
            return [name.decode() for name in cast("list[bytes]", self._take([DOOMED_KEY], [count, RETRY_MS]))]
        except redis.RedisError as exc:
            raise RedisUnavailable(str(exc)) from exc

    def forget(self, *names: str) -> None:
        """They are deleted."""
        try:
            self._redis.zrem(DOOMED_KEY, *names)
        except redis.RedisError as exc:
            raise RedisUnavailable(str(exc)) from exc

    def claim_sweep(self, *, every_seconds: int) -> bool:
        """True for one caller in so many seconds: the one who is to look for orphans."""
        try:
            return bool(self._redis.set(SWEPT_KEY, 1, nx=True, ex=every_seconds))
        except redis.RedisError as exc:
            raise RedisUnavailable(str(exc)) from exc

    def needed(self, owners: list[str]) -> list[dict[str, str]]:
        """What the records of these jobs and batches say (state ``s``, fence ``f``); empty where there is none."""
        pipe = self._redis.pipeline(transaction=False)
        for owner in owners:
            pipe.hmget(f"{'job' if owner.startswith('job_') else 'batch'}:{owner}", "s", "f")
        try:
            answers = cast("list[list[Any]]", pipe.execute())
        except redis.RedisError as exc:
            raise RedisUnavailable(str(exc)) from exc
        return [
            {name: value.decode() for name, value in zip(("s", "f"), answer, strict=True) if value is not None}
            for answer in answers
        ]
