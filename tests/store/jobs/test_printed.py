"""What a run printed, and what of it is in the record when it ends without an outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
import redis

from store.jobs.back import JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission, JobRecord
from tests.store.jobs.steps import claim_one

Build = Callable[..., Admission]
pytestmark = pytest.mark.anyio


async def _record(front: JobFront, job_id: str) -> JobRecord:
    record = await front.get("ten_a", job_id)
    assert record is not None
    return record


async def test_a_canceled_run_has_its_logs(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """They are what was heard of this very run, and count against the tenant's kept bytes until they are forgotten."""
    a = admission()
    await front.admit(a)
    token, first = await claim_one(connection, back)
    back.printed(first, "first run\n")
    settled = back.settle(token, "ver_a", [Settlement(first, "retry", error_message="gone")], want=1)
    (second,) = settled.claims
    back.printed(second, "one\n")
    back.printed(second, "zwölf")
    await front.cancel("ten_a", a.job_id)
    record = await _record(front, a.job_id)
    assert (record.state, record.logs) == ("canceled", "one\nzwölf")
    assert connection.hget("load:ten_a", "kept") == str(512 + len("one\nzwölf".encode())).encode()
    connection.delete(f"job:{a.job_id}")
    connection.zadd("ended", {cast("list[bytes]", connection.zrange("ended", 0, -1))[0]: 0})
    back.reap()
    assert connection.hget("load:ten_a", "kept") == b"0"


async def test_whoever_waits_for_a_canceled_job_is_told_its_logs(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """The announcement of the end carries them."""
    a = admission()
    await front.admit(a, wait=True)
    _, claim = await claim_one(connection, back)
    back.printed(claim, "half way")
    await front.cancel("ten_a", a.job_id)
    ended = await front.wait("ten_a", a.job_id, 10)
    assert ended is not None and (ended.state, ended.logs) == ("canceled", "half way")


async def test_a_job_that_outlived_its_workers_has_its_logs(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """What the last run said before its worker died is all there is to find out why."""
    a = admission()
    await front.admit(a)
    for attempt in (1, 2, 3):
        _, claim = await claim_one(connection, back)
        back.printed(claim, f"run {attempt}")
        connection.zadd("workers", {"w1": 0})
        JobBack(connection, worker="w2").reap()
    record = await _record(front, a.job_id)
    assert (record.error_type, record.logs) == ("platform", "run 3")


@pytest.mark.parametrize("how", ["canceled", "succeeded"])
async def test_what_was_printed_goes_soon_after_the_end(
    how: str, front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A few minutes, whatever the results' lifetime: the record has the text then."""
    a = admission(result_seconds=86_400)
    await front.admit(a)
    token, claim = await claim_one(connection, back)
    back.printed(claim, "x")
    assert cast("int", connection.ttl(f"printed:{a.job_id}")) > 300
    if how == "canceled":
        await front.cancel("ten_a", a.job_id)
    else:
        back.settle(token, "ver_a", [Settlement(claim, "succeeded", 0.2, output=b"1", logs="x")], want=0)
    assert 0 < cast("int", connection.ttl(f"printed:{a.job_id}")) <= 300


async def test_a_full_redis_still_cancels_what_has_printed(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Freeing memory needs none, though the logs are kept."""
    a = admission()
    await front.admit(a)
    _, claim = await claim_one(connection, back)
    back.printed(claim, "said")
    used = cast("dict[str, Any]", connection.info("memory"))["used_memory"]
    connection.config_set("maxmemory", used // 2)
    try:
        canceled = await front.cancel("ten_a", a.job_id)
    finally:
        connection.config_set("maxmemory", 0)
    assert canceled is not None and (canceled.state, canceled.logs) == ("canceled", "said")
