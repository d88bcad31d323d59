"""Generations on a real Redis."""

from __future__ import annotations

import pytest
import redis

from store import generations
from store.errors import RedisUnavailable


def test_every_change_moves_the_tenants_own_number(redis_url: str) -> None:
    """A tenant that never changed is at 0; each bump is one more, and other tenants' stay."""
    connection = redis.Redis.from_url(redis_url)
    assert generations.current(connection, "ten_a") == 0
    assert [generations.bump(connection, "ten_a") for _ in range(3)] == [1, 2, 3]
    assert generations.current(connection, "ten_a") == 3
    assert generations.current(connection, "ten_b") == 0


def test_a_change_makes_who_listens_unknown(redis_url: str) -> None:
    """Of the tenants that changed, in the same step; what else is counted of them stays."""
    connection = redis.Redis.from_url(redis_url)
    for tenant_id in ("ten_a", "ten_b", "ten_c"):
        connection.hset(f"load:{tenant_id}", mapping={"ev": 3, "queued": 1})
    generations.bump(connection, "ten_a")
    generations.bump_all(connection, ("ten_b",))
    left = [connection.hgetall(f"load:{tenant_id}") for tenant_id in ("ten_a", "ten_b", "ten_c")]
    assert left == [{b"queued": b"1"}, {b"queued": b"1"}, {b"ev": b"3", b"queued": b"1"}]


def test_a_redis_that_is_away_is_said(tmp_path: str) -> None:
    """Without Redis both calls raise redis_unavailable and name what is wrong."""
    connection = redis.Redis.from_url(f"unix://{tmp_path}/nobody.sock")
    for ask in (generations.bump, generations.current):
        with pytest.raises(RedisUnavailable) as caught:
            ask(connection, "ten_a")
        assert caught.value.code == "redis_unavailable"
