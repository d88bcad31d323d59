"""What calls print on its way to those who follow the job."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import Any, cast

import redis

from sandbox.contract import Call
from sandbox.outcome import Outcome
from store.jobs.back import Claim, JobBack
from tests.conftest import RedisServer
from tests.worker.test_turns import Shop, shop
from worker.printing import Printing
from worker.station import occupy

__all__ = ["shop"]


def _entries(connection: redis.Redis, job_id: str) -> list[tuple[bytes, bytes]]:
    entries = cast("list[Any]", connection.xrange(f"printed:{job_id}"))
    return [(fields[b"a"], fields[b"t"]) for _, fields in entries]


def test_printed_text_is_kept_while_the_job_runs(shop: Shop) -> None:
    """Each piece is there as soon as it was told, with its attempt, and is gone with the job at the latest."""
    occupy(replace(shop.station, printing=Printing.connect(shop.url, worker="w1")))
    version = shop.version("a")
    seen: list[list[tuple[bytes, bytes]]] = []

    def talkative(call: Call) -> Outcome:
        assert call.on_printed is not None
        for text in ("one\n", "zwei 🔔"):
            call.on_printed(text)
            seen.append(_entries(shop.redis, call.id))
        return Outcome(call.id, "succeeded", output=b"1", logs="one\nzwei 🔔", wall_seconds=0.5)

    shop.driver.behaviours[version.id] = talkative
    (job_id,) = shop.admit(version, 1)
    shop.work()
    assert seen == [[(b"1", b"one\n")], [(b"1", b"one\n"), (b"1", "zwei 🔔".encode())]]
    assert 0 < shop.redis.ttl(f"printed:{job_id}") <= 60 + 1 + 1


def test_only_who_runs_the_job_is_heard(shop: Shop) -> None:
    """Another worker, an old fence, a job that has ended: nothing is kept, and nothing more is asked."""
    (job_id,) = shop.admit(shop.version("a"), 1)
    token = cast("list[bytes]", shop.redis.zrange("turns:issued", 0, -1))[0].decode()
    back = shop.station.back
    begun = back.begin(token)
    assert begun is not None
    (claim,) = back.settle(token, begun[0], (), want=1).claims
    assert not JobBack(shop.redis, worker="somebody").printed(claim, "forged")
    assert not back.printed(replace(claim, fence=b"0"), "late")
    assert not back.printed(replace(claim, job_id="job_of_nobody"), "nowhere")
    assert back.printed(claim, "heard")
    shop.redis.hset(f"job:{job_id}", "s", "canceled")
    told = Printing.connect(shop.url, worker="w1").of(claim)
    told("too late")
    shop.redis.hset(f"job:{job_id}", "s", "running")
    told("not asked again")
    assert _entries(shop.redis, job_id) == [(b"1", b"heard")]
    assert not shop.redis.exists("printed:job_of_nobody")


def test_a_redis_that_hangs_or_is_gone_holds_up_no_call(own_redis: RedisServer) -> None:
    """Telling comes back after a moment, raises nothing, and is not tried again for this call."""
    claim = Claim("job_1", b"1", "json", b"1", 1.0)
    told = Printing.connect(own_redis.url, worker="w1", patience_seconds=0.2).of(claim)
    assert own_redis._process is not None
    os.kill(own_redis._process.pid, signal.SIGSTOP)
    try:
        told("into the void")
        told("again")
    finally:
        os.kill(own_redis._process.pid, signal.SIGCONT)
    own_redis.kill()
    Printing.connect(own_redis.url, worker="w1").of(claim)("nobody there")


def test_what_a_job_can_pile_up_is_bounded(shop: Shop) -> None:
    """However often it is told, a job's stream holds so many pieces and no more."""
    (job_id,) = shop.admit(shop.version("a"), 1)
    token = cast("list[bytes]", shop.redis.zrange("turns:issued", 0, -1))[0].decode()
    back = shop.station.back
    begun = back.begin(token)
    assert begun is not None
    (claim,) = back.settle(token, begun[0], (), want=1).claims
    pipe = shop.redis.pipeline(transaction=False)
    for _ in range(9_995):
        pipe.xadd(f"printed:{job_id}", {"a": 1, "f": 1, "t": "x"})
    pipe.execute()
    for _ in range(10):
        back.printed(claim, "x")
    assert shop.redis.xlen(f"printed:{job_id}") == 10_000
