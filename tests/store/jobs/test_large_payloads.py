"""Jobs whose input or output is in the blob store: what their records say, and what is to be deleted when."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from store.jobs.back import JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.reader import read
from store.jobs.records import Admission
from store.payloads import Doomed, Stored
from tests.store.jobs.steps import claim_one

pytestmark = pytest.mark.anyio
Build = Callable[..., Admission]


def large(admission: Build) -> Admission:
    """A job with an input of 3 MiB in the blob store."""
    return admission(payload=b"", input_kind="bytes", input_bytes=3 * 2**20)


async def test_redis_holds_neither(front: JobFront, back: JobBack, connection: redis.Redis, admission: Build) -> None:
    """The claim says where the input is, the record where the output is; nothing large was ever in Redis."""
    job = large(admission)
    await front.admit(job)
    token, claim = await claim_one(connection, back)
    assert (claim.kind, claim.payload, claim.stored) == ("bytes", b"", Stored(f"{job.job_id}.in", 3 * 2**20))
    done = Settlement(claim, "succeeded", output_kind="bytes", output_bytes=5 * 2**20)
    back.settle(token, "ver_a", [done], want=0)
    record = await front.get("ten_a", job.job_id)
    assert record is not None and record == read(connection, job.job_id)
    assert (record.output, record.output_kind) == (None, "bytes")
    assert record.output_stored == Stored(f"{job.job_id}.out-1", 5 * 2**20)
    assert connection.exists(f"in:{job.job_id}", f"out:{job.job_id}") == 0


async def test_an_end_dooms_the_input_at_once_and_the_output_with_its_job(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """The output's time is over with the record's, to the second."""
    job = large(admission)
    await front.admit(job)
    token, claim = await claim_one(connection, back)
    assert connection.zcard("payloads:doomed") == 0
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output_bytes=2**20)], want=0)
    assert Doomed(connection).take(10) == [f"{job.job_id}.in"]
    over = connection.zscore("payloads:doomed", f"{job.job_id}.out-1")
    assert over == connection.zscore("ended", connection.zrange("ended", 0, -1)[0])  # type: ignore[index]


async def test_a_canceled_job_dooms_its_input(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Queued or running; and the output its worker still brings is nobody's."""
    queued, running = large(admission), large(admission)
    await front.admit(running)
    token, claim = await claim_one(connection, back)
    await front.admit(queued)
    await front.cancel("ten_a", queued.job_id)
    await front.cancel("ten_a", running.job_id)
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output_bytes=2**20)], want=0)
    names = {f"{queued.job_id}.in", f"{running.job_id}.in", f"{running.job_id}.out-1"}
    assert set(Doomed(connection).take(10)) == names


async def test_the_fence_decides_whose_output_counts(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A job that was run twice has the second run's output; the first run's goes. Settling again is harmless."""
    job = large(admission)
    await front.admit(job)
    token, first = await claim_one(connection, back)
    back.settle(token, "ver_a", [Settlement(first, "release")], want=0)
    (second,) = back.settle(token, "ver_a", [], want=1).claims
    late = Settlement(first, "succeeded", output_bytes=11)
    good = Settlement(second, "succeeded", output_bytes=22)
    for outcomes in ([late], [good], [good, late]):
        back.settle(token, "ver_a", outcomes, want=0, empty_handed=False)
    record = await front.get("ten_a", job.job_id)
    assert record is not None and record.output_stored == Stored(f"{job.job_id}.out-2", 22)
    assert set(Doomed(connection).take(10)) == {f"{job.job_id}.in", f"{job.job_id}.out-1"}


async def test_large_inputs_are_claimed_one_by_one(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A batch holds no more than a megabyte and one input, wherever the inputs are."""
    for _ in range(3):
        await front.admit(large(admission))
    token, _ = await claim_one(connection, back)
    assert len(back.settle(token, "ver_a", [], want=32, empty_handed=False).claims) == 1


async def test_who_waits_is_told_where_the_output_is(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """The announcement of the end is enough: nothing is read again."""
    job = large(admission)
    await front.admit(job, wait=True)
    token, claim = await claim_one(connection, back)
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output_bytes=2**20)], want=0)
    record = await front.wait("ten_a", job.job_id, 5)
    assert record is not None and record.output_stored == Stored(f"{job.job_id}.out-1", 2**20)
