"""What the reaper finds and does beyond one job's life: lost turns beside waiting ones, and much to do at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import redis
from rq.job import Job
from rq.serializers import JSONSerializer

from store.jobs.back import NOTHING, JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission, Admitted
from store.jobs.turns import TURNS_QUEUE_KEY
from tests.store.jobs.simulated import pop_token
from tests.store.jobs.steps import claim_one

pytestmark = pytest.mark.anyio
Build = Callable[..., Admission]


async def admit(front: JobFront, admission: Admission) -> None:
    """Admit one job; its turn has reached RQ."""
    assert isinstance(await front.admit(admission), Admitted)
    await asyncio.sleep(0)
    await front._in_thread(lambda _queue, _nothing: None, None)


def age(connection: redis.Redis, *, ms: int) -> None:
    """Every turn that waits was last seen that long ago."""
    seconds, micros = connection.time()  # type: ignore[misc]
    then = seconds * 1000 + micros // 1000 - ms
    for token in connection.zrange("turns:issued", 0, -1):  # type: ignore[union-attr]
        connection.zadd("turns:issued", {token: then})


def waiting(connection: redis.Redis) -> list[str]:
    """The tokens in RQ's queue, first come first."""
    return [item.decode() for item in connection.lrange(TURNS_QUEUE_KEY, 0, -1)]  # type: ignore[union-attr]


async def test_a_lost_turn_is_found_beside_others_that_wait(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """RQ's queue is full of others' turns: the one that is not among them is handed out again, once,
    and is the next."""
    for tenant in ("ten_a", "ten_b", "ten_c"):
        await admit(front, admission(tenant_id=tenant, version_id=f"ver_{tenant}"))
    lost = pop_token(connection)
    assert lost is not None and len(waiting(connection)) == 2
    age(connection, ms=1000)
    assert back.reap().reissued == 0  # it may have been popped just now
    age(connection, ms=2000)
    assert back.reap().reissued == 1
    assert waiting(connection)[0] == lost and len(waiting(connection)) == 3
    assert back.reap().reissued == 0


async def test_a_turn_that_waits_is_never_handed_out_twice(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """However long it waits in RQ's queue, it is there once; when it is lost afterwards, it is found."""
    await admit(front, admission())
    for _ in range(3):
        age(connection, ms=100_000)
        assert back.reap().reissued == 0
    assert len(waiting(connection)) == 1
    connection.delete(TURNS_QUEUE_KEY)
    age(connection, ms=2000)
    assert back.reap().reissued == 1


async def test_a_turn_handed_out_twice_is_one_job_of_rq(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A turn goes by its token in RQ: the second copy finds nothing once the first was served."""
    await admit(front, admission())
    (token,) = waiting(connection)
    job = Job.fetch(token, connection=connection, serializer=JSONSerializer)
    assert job.args == [token]


async def test_much_is_forgotten_and_expired_in_one_round(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A round does as much as there is, not a fixed number of jobs: it keeps up with what is admitted."""
    connection.config_set("appendfsync", "no")
    try:
        pipe = connection.pipeline()
        for number in range(2500):
            pipe.zadd("jobs:ten_a", {f"job_{number}": 0})
            pipe.zadd("ended", {f"ten_a job_{number}": 1})
        pipe.execute()
        dated = [admission(deadline_seconds=3600) for _ in range(450)]
        for each in dated:
            await admit(front, each)
        connection.zadd("deadlines", {each.job_id: 1 for each in dated}, xx=True)
        assert back.reap().expired == 450
    finally:
        connection.config_set("appendfsync", "always")
    assert connection.zcount("ended", 0, 1) == 0
    assert connection.zcard("jobs:ten_a") == 450


async def test_what_a_claim_waits_for_is_not_lost_with_its_turn(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A worker that stands still with a turn it popped and did not begin costs a moment, and its late try nothing."""
    a = admission()
    await admit(front, a)
    token = pop_token(connection)
    assert token is not None
    age(connection, ms=2000)
    other = JobBack(connection, worker="w2")
    other.heartbeat()
    assert other.reap().reissued == 1 and pop_token(connection) == token
    assert other.begin(token) is not None
    assert back.begin(token) is None
    (claim,) = other.settle(token, "ver_a", [], want=1).claims
    other.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"1")], want=0)
    record = await front.get("ten_a", a.job_id)
    assert record is not None and (record.state, record.attempts) == ("succeeded", 1)


async def test_who_is_known_to_have_ended_is_dead_at_once(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Its jobs go back however lately it has beaten; a name that nobody has is nobody's death."""
    a = admission()
    await admit(front, a)
    _, claim = await claim_one(connection, back)
    assert claim.job_id == a.job_id
    other = JobBack(connection, worker="w2")
    other.heartbeat()
    assert other.reap() == NOTHING
    found = other.reap(ended=["w1", "w_unknown"])
    assert (found.dead, found.taken_back, found.reissued) == (("w1",), 1, 1)
    assert other.reap(ended=["w1"]) == NOTHING
    _, again = await claim_one(connection, other)
    assert (again.job_id, again.fence) == (a.job_id, b"2")


async def test_what_the_dead_were_busy_with_goes_before_all_else(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Two tenants' jobs are cut off while other versions of theirs wait in line: the next two turns are theirs."""
    second = JobBack(connection, worker="w2")
    second.heartbeat()
    backs = {"ten_a": back, "ten_b": second}
    for tenant in backs:
        await admit(front, admission(tenant_id=tenant, version_id=f"ver_{tenant}_cut"))
    for tenant, one in backs.items():
        token = pop_token(connection)
        assert token is not None and one.begin(token) == (f"ver_{tenant}_cut", tenant)
        assert len(one.settle(token, f"ver_{tenant}_cut", [], want=1).claims) == 1
    for tenant in backs:
        for number in range(2):
            await admit(front, admission(tenant_id=tenant, version_id=f"ver_{tenant}_{number}", concurrency=2))
    while pop_token(connection) is not None:
        pass
    third = JobBack(connection, worker="w3")
    third.heartbeat()
    third.reap(ended=["w1", "w2"])
    versions = [third.begin(token) for token in waiting(connection)]
    assert {found[0] for found in versions[:2] if found} == {"ver_ten_a_cut", "ver_ten_b_cut"}, versions
