"""Fairness at a thousand tenants: floods, slow jobs and many who ask once, on the real scripts in simulated time."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
import redis

from tests.store.jobs.crowd import SLICE_SECONDS, Crowd

TENANTS = 1000
FLOOD, MODELS = 100_000, 50
QUICK, SLOW = 0.005, 0.2  # seconds a call takes
WORKERS = 4
SPAN = 10.0  # simulated seconds


@pytest.fixture
def unsynced(redis_url: str) -> Iterator[redis.Redis]:
    """The session's Redis while it doesn't wait for its disk."""
    connection = redis.Redis.from_url(redis_url)
    connection.config_set("appendfsync", "no")
    yield connection
    connection.flushall()
    connection.config_set("appendfsync", "always")


def crowd(connection: redis.Redis, *, flood_seconds: float, jobs: int, models: int) -> Crowd:
    """Others are about; a flood at once; and everybody else asking once, at a moment of their own."""
    flooding = [f"ver_flood{number}" for number in range(models)]
    lights = [f"ver_light{number}" for number in range(1, TENANTS)]
    seconds = dict.fromkeys(flooding, flood_seconds) | dict.fromkeys(lights, QUICK)
    made = Crowd(connection, WORKERS, seconds, concurrency=WORKERS)
    made.submit("ten_light1", "ver_light1")
    made.run(0.1)
    connection.zadd("active", {"ten_light1": 9e15})  # who is about is told by real time, which is not what passes here
    for number, version in enumerate(flooding):
        made.submit("ten_flood", version, jobs // models + (number < jobs % models))
    random = Random(1)
    for version in lights[1:]:
        made.at(random.uniform(0.2, SPAN), lambda version=version: made.submit(version.replace("ver", "ten"), version))
    return made


def test_a_flood_over_many_models_is_not_noticed(unsynced: redis.Redis) -> None:
    """100,000 jobs over 50 models: 999 tenants who ask once are served at once, all of them; the flood has the rest."""
    made = crowd(unsynced, flood_seconds=QUICK, jobs=FLOOD, models=MODELS)
    made.run(SPAN + 1)
    waits = sorted(wait for number in range(1, TENANTS) for wait in made.waits(f"ten_light{number}"))
    assert len(waits) == TENANTS - 1
    assert waits[int(0.99 * len(waits))] <= 5 * QUICK  # its own call, and a few of others that ask once
    assert waits[-1] <= SLICE_SECONDS
    assert made.shares()["ten_flood"] > 0.95 * (WORKERS - 1) * SPAN
    order = [each.version for each in made.served if each.tenant == "ten_flood"]
    assert len(set(order)) == MODELS  # round robin among its own: none of them starves


def test_a_flood_of_slow_jobs_is_not_noticed(unsynced: redis.Redis) -> None:
    """Calls of 200 ms that nobody can interrupt are never on every worker while others are about."""
    made = crowd(unsynced, flood_seconds=SLOW, jobs=2_000, models=4)
    made.run(SPAN + 1)
    waits = sorted(wait for number in range(1, TENANTS) for wait in made.waits(f"ten_light{number}"))
    assert len(waits) == TENANTS - 1
    assert waits[int(0.99 * len(waits))] <= 5 * QUICK
    assert made.shares()["ten_flood"] > 0.9 * (WORKERS - 1) * SPAN


def test_floods_get_equal_shares_however_many_models(unsynced: redis.Redis) -> None:
    """Eight tenants flood, over 1 to 50 models: what they get of the workers differs by a few per cent."""
    models = (1, 1, 2, 5, 10, 20, 35, 50)
    versions = {f"ver_{n}_{m}": f"ten_{n}" for n, count in enumerate(models) for m in range(count)}
    made = Crowd(unsynced, WORKERS, dict.fromkeys(versions, QUICK), concurrency=1)
    for version, tenant in versions.items():
        made.submit(tenant, version, 1200 // models[int(tenant[4:])])
    made.run(SPAN)
    shares = made.shares()
    assert len(shares) == len(models)
    assert min(shares.values()) > 0.85 * max(shares.values()), shares
    assert sum(shares.values()) > 0.99 * WORKERS * SPAN


def test_slow_calls_count_by_their_time(unsynced: redis.Redis) -> None:
    """A tenant of 200 ms calls and one of 5 ms calls, both flooding: neither gets more time for it."""
    made = Crowd(unsynced, 2, {"ver_s": SLOW, "ver_q": QUICK, "ver_r": QUICK}, concurrency=1)
    made.submit("ten_s", "ver_s", 100)
    made.submit("ten_q", "ver_q", 3_000)
    made.submit("ten_r", "ver_r", 3_000)
    made.run(SPAN)
    shares = made.shares()
    assert min(shares.values()) > 0.75 * max(shares.values()), shares
