"""Redis is there and refuses to write, in the middle of a turn."""

from __future__ import annotations

import threading

import redis

from sandbox.outcome import Outcome
from tests.worker.test_turns import Shop, shop  # noqa: F401 - a fixture


def test_a_full_redis_costs_patience_not_jobs(shop: Shop) -> None:  # noqa: F811 - the fixture
    """While Redis is full a worker keeps its outcomes; when there is room again every job is answered, run once."""
    version = shop.version("a")
    room = threading.Timer(0.5, lambda: redis.Redis.from_url(shop.url).config_set("maxmemory", "0"))

    def fill_up(call: object) -> Outcome:
        if call.payload == b"3":  # type: ignore[attr-defined]
            shop.redis.config_set("maxmemory", "1")
            room.start()
        return Outcome(call.id, "succeeded", output=call.payload)  # type: ignore[attr-defined]

    shop.driver.behaviours[version.id] = fill_up
    ids = shop.admit(version, 20)
    try:
        shop.work()
    finally:
        room.join()
    jobs = [shop.job(i) for i in ids]
    assert [job.output for job in jobs] == [str(n).encode() for n in range(20)]
    assert {job.attempts for job in jobs} == {1}
    assert not shop.redis.exists("claims:w1") and not shop.redis.scard(f"turns:{version.tenant_id}")
