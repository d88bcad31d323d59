"""A job handed to a worker that lingers, inside its admission; and every way that can go wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from store.jobs.back import JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission
from tests.store.jobs.steps import claim_one
from worker.bell import Bell, Ring

pytestmark = pytest.mark.anyio
Build = Callable[..., Admission]


async def lingering(front: JobFront, back: JobBack, connection: redis.Redis, admission: Build) -> str:
    """The token of a turn that served one job and lingers."""
    await front.admit(admission())
    token, claim = await claim_one(connection, back)
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"1")], want=1, linger=True)
    assert connection.smembers("lingering:ver_a") == {b"w1"}
    return token


def heard(bell: Bell) -> Ring:
    """The next ring for a version; rings for anybody are skipped."""
    for _ in range(20):
        ring = bell.wait(1)
        if ring is not None and ring.version_id:
            return ring
    raise AssertionError("nothing rang")


async def test_a_lingering_worker_is_handed_the_job(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Who lingers and listens gets the job with its ring, claimed; no turn is issued, and the next one queues."""
    bell = Bell(connection, worker="w1")
    assert bell.wait(0) == Ring()  # listening from now on
    token = await lingering(front, back, connection, admission)
    first, second = admission(payload=b'"one"'), admission(payload=b'"two"')
    await front.admit(first)
    await front.admit(second)
    ring = heard(bell)
    assert ring.claim is not None
    assert (ring.version_id, ring.claim.job_id, ring.claim.payload) == ("ver_a", first.job_id, b'"one"')
    record = await front.get("ten_a", first.job_id)
    assert record is not None and (record.state, record.attempts) == ("running", 1)
    done = Settlement(ring.claim, "succeeded", output=b"1")
    settled = back.settle(token, "ver_a", [done], want=5)
    assert [c.job_id for c in settled.claims] == [second.job_id]
    record = await front.get("ten_a", first.job_id)
    assert record is not None and (record.state, record.output) == ("succeeded", b"1")
    assert connection.scard("turns:ten_a") == 1
    assert connection.hget("load:ten_a", "running") == b"1"
    bell.close()


async def test_nobody_is_handed_what_nobody_hears(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A worker that lingers and does not listen finds the job in the queue; so does one for a large input."""
    token = await lingering(front, back, connection, admission)
    await front.admit(admission())
    settled = back.settle(token, "ver_a", [], want=1)
    assert len(settled.claims) == 1
    bell = Bell(connection, worker="w1")
    bell.wait(0)
    done = Settlement(settled.claims[0], "succeeded", output=b"1")
    back.settle(token, "ver_a", [done], want=1, linger=True)
    await front.admit(admission(payload=b'"' + b"x" * 100_000 + b'"'))
    assert heard(bell) == Ring("ver_a")
    assert len(back.settle(token, "ver_a", [], want=1).claims) == 1
    bell.close()


async def test_a_handed_job_that_got_lost_comes_back(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A ring lost on the way costs nothing: the next settlement claims the job, at its first attempt; a late ring
    for it is known as out of date."""
    bell = Bell(connection, worker="w1")
    bell.wait(0)
    token = await lingering(front, back, connection, admission)
    a = admission()
    await front.admit(a)
    settled = back.settle(token, "ver_a", [], want=1, linger=True)
    assert [c.job_id for c in settled.claims] == [a.job_id]
    bell.holding(settled.claims)
    assert heard(bell) == Ring("ver_a")
    back.settle(token, "ver_a", [Settlement(settled.claims[0], "succeeded", output=b"1")], want=0)
    record = await front.get("ten_a", a.job_id)
    assert record is not None and (record.state, record.attempts) == ("succeeded", 1)
    assert connection.hget("load:ten_a", "running") == b"0"
    bell.close()


async def test_a_handed_job_survives_its_workers_death(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A worker that dies with a ring unheard loses the job to the next one, turn included."""
    bell = Bell(connection, worker="w1")
    bell.wait(0)
    await lingering(front, back, connection, admission)
    a = admission()
    await front.admit(a)
    connection.zadd("workers", {"w1": 0})
    other = JobBack(connection, worker="w2")
    assert other.reap().taken_back == 1
    token, claim = await claim_one(connection, other)
    assert claim.job_id == a.job_id
    other.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"1")], want=0)
    record = await front.get("ten_a", a.job_id)
    assert record is not None and record.state == "succeeded"
    bell.close()


async def test_what_is_given_back_outside_its_turn_gets_one(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Claims found in a worker's name after its turn ended are queued again, with a turn of their own."""
    bell = Bell(connection, worker="w1")
    bell.wait(0)
    token = await lingering(front, back, connection, admission)
    a = admission()
    await front.admit(a)
    back.end(token)
    assert connection.zcard("turns:issued") == 0
    assert back.recover() == 1
    again, claim = await claim_one(connection, back)
    assert again != token and claim.job_id == a.job_id
    bell.close()
