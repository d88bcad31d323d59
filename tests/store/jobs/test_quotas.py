"""What admission holds against a tenant besides its rate and its depth: bytes held, the month's seconds, the engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from store.jobs.back import JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission, Admitted, Refused, Replayed
from store.jobs.scripts import script
from tests.store.jobs.steps import claim_one, issued_token

pytestmark = pytest.mark.anyio

Build = Callable[..., Admission]
RECORD_BYTES = 512


async def _refused(front: JobFront, admission: Admission) -> Refused:
    answer = await front.admit(admission)
    assert isinstance(answer, Refused), answer
    return answer


async def test_inputs_count_until_their_job_ends(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Queued and running inputs count together; the byte over the quota is refused; an end makes room."""
    limits: dict[str, Any] = {"payload": b"x" * 40, "queued_bytes_limit": 100}
    for _ in range(2):
        assert isinstance(await front.admit(admission(**limits)), Admitted)
    assert (await _refused(front, admission(**limits))).why == "queued_bytes"
    token, claim = await claim_one(connection, back)
    assert (await _refused(front, admission(**limits))).found == 80  # running ones count as well
    assert isinstance(await front.admit(admission(**limits | {"payload": b"x" * 20})), Admitted)
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"1")], want=0)
    assert isinstance(await front.admit(admission(**limits)), Admitted)
    assert connection.hget("load:ten_a", "in") == b"100"


async def test_an_input_that_lies_elsewhere_counts_by_its_size(
    front: JobFront, connection: redis.Redis, admission: Build
) -> None:
    """The size is what is said of it, wherever the bytes are; and the same is given back at the end."""
    a = admission(payload=b"", input_bytes=10**9, queued_bytes_limit=10**9)
    assert isinstance(await front.admit(a), Admitted)
    assert (await _refused(front, admission(queued_bytes_limit=10**9))).found == 10**9
    await front.cancel("ten_a", a.job_id)
    assert connection.hget("load:ten_a", "in") == b"0"


async def test_what_ended_jobs_keep_counts_until_they_are_forgotten(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Output and logs with a little for the record; refused at the quota; room again when the reaper forgets it."""
    assert isinstance(await front.admit(admission()), Admitted)
    token, claim = await claim_one(connection, back)
    back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"x" * 400, logs="y" * 88)], want=0)
    refused = await _refused(front, admission(kept_bytes_limit=RECORD_BYTES + 488))
    assert (refused.why, refused.found) == ("kept_bytes", 1000)
    assert isinstance(await front.admit(admission(kept_bytes_limit=1001)), Admitted)
    for member in connection.zrange("ended", 0, -1):  # type: ignore[union-attr]
        connection.zadd("ended", {member: 0})
    back.reap()
    assert connection.hget("load:ten_a", "kept") == b"0"


async def test_an_ended_job_of_an_earlier_release_is_forgotten_too(connection: redis.Redis, back: JobBack) -> None:
    """A member without its bytes takes nothing off."""
    connection.zadd("ended", {"ten_a job_1": 0})
    connection.zadd("jobs:ten_a", {"job_1": 0})
    back.reap()
    assert not connection.exists("ended", "jobs:ten_a", "load:ten_a")


async def test_seconds_of_the_month_are_spent_by_what_ends(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Successes and failures count; at the quota nothing more is admitted; GPU seconds hold those that want one."""
    await front.admit(admission())
    await front.admit(admission())
    token = await issued_token(connection)
    back.begin(token)
    claims = back.settle(token, "ver_a", [], want=2).claims
    done = [
        Settlement(claims[0], "succeeded", 1.5, output=b"1", gpus=2),
        Settlement(claims[1], "failed", 0.5, error_type="model_error"),
    ]
    back.settle(token, "ver_a", done, want=0)
    month = f"{datetime.now(UTC):%Y%m}"
    assert connection.hmget("load:ten_a", f"run:{month}", f"gpu:{month}") == [b"2000000", b"3000000"]
    refused = await _refused(front, admission(run_seconds_limit=2))
    assert refused.why == "run_seconds"
    assert abs(refused.found / 1000 - time.time()) < 60
    assert (await _refused(front, admission(gpu_seconds_limit=3, gpus=1))).why == "gpu_seconds"
    assert isinstance(await front.admit(admission(gpu_seconds_limit=3, run_seconds_limit=3)), Admitted)
    assert (await _refused(front, admission(run_seconds_limit=0))).why == "run_seconds"


async def test_canceling_at_the_last_moment_is_not_free(
    front: JobFront, gpu_back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A job canceled while it runs costs the time since it was claimed, and never more than its time-out."""
    for began_seconds_ago, charged_seconds in ((7, 7), (100, 30)):
        connection.flushall()
        gpu_back.heartbeat()
        a = admission(gpus=2, gpus_limit=2, timeout_seconds=30.0)
        await front.admit(a)
        await claim_one(connection, gpu_back, gpu=True)
        began = int(connection.hget(f"job:{a.job_id}", "b") or 0) - began_seconds_ago * 1000  # type: ignore[arg-type]
        connection.hset(f"job:{a.job_id}", "b", began)
        await front.cancel("ten_a", a.job_id)
        month = f"{datetime.now(UTC):%Y%m}"
        run, gpu = (int(value or 0) for value in connection.hmget("load:ten_a", f"run:{month}", f"gpu:{month}"))  # type: ignore[union-attr]
        assert charged_seconds * 10**6 <= run < (charged_seconds + 1) * 10**6
        assert gpu == 2 * run


async def test_a_new_month_begins_with_nothing_spent(
    front: JobFront, gpu_back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Seconds of another month don't count, and are dropped with the first admission of this one."""
    old = {"month": "202001", "run:202001": 10**12, "gpu:202001": 10**12, "run:202002": 5, "queued": 0}
    connection.hset("load:ten_a", mapping=old)
    assert isinstance(await front.admit(admission(run_seconds_limit=1, gpu_seconds_limit=1, gpus=1)), Admitted)
    fields = {name.decode() for name in connection.hkeys("load:ten_a")}  # type: ignore[union-attr]
    assert fields == {"month", "queued", "conc", "gpus", "in", "ev", "tat"}
    assert connection.hget("load:ten_a", "month") == f"{datetime.now(UTC):%Y%m}".encode()


async def test_months_are_those_of_the_calendar(connection: redis.Redis) -> None:
    """Every day of 200 years, and each month's first and last millisecond, fall into the month Python says."""
    body = (
        script("settle").text.partition("\nlocal function settle()")[0]
        + "\nlocal found = {}\nfor i = 1, #ARGV do found[i] = month_of(tonumber(ARGV[i])) end\nreturn found"
    )
    start = datetime(1970, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(days=day, milliseconds=shift) for day in range(1, 73_000, 1) for shift in (0, -1)]
    for at in range(0, len(moments), 5000):
        part = moments[at : at + 5000]
        found = connection.eval(body, 0, *[round((m - start) / timedelta(milliseconds=1)) for m in part])
        assert [month.decode() for month in found] == [f"{m:%Y%m}" for m in part]  # type: ignore[union-attr]


async def test_the_engine_as_a_whole_has_a_limit(front: JobFront, connection: redis.Redis, admission: Build) -> None:
    """All tenants' queued jobs count together against it; none means no limit."""
    for tenant in ("ten_a", "ten_b"):
        a = admission(tenant_id=tenant, version_id=f"ver_{tenant}", engine_limit=2)
        assert isinstance(await front.admit(a), Admitted)
    refused = await _refused(front, admission(tenant_id="ten_c", engine_limit=2))
    assert (refused.why, refused.found) == ("engine_full", 2)
    assert isinstance(await front.admit(admission(tenant_id="ten_c", engine_limit=0)), Admitted)


async def test_every_answer_says_what_is_left(front: JobFront, connection: redis.Redis, admission: Build) -> None:
    """Admitted, replayed or refused: how many may follow, when there is one more, and how many may queue."""
    limits: dict[str, Any] = {"requests_per_minute": 30, "queued_limit": 3}
    first = admission(**limits, idempotency_key="k", fingerprint="f")
    answer = await front.admit(first)
    assert isinstance(answer, Admitted)
    assert (answer.standing.jobs, answer.standing.queue) == (2, 2)
    assert 1.9 < answer.standing.next_seconds <= 2.0
    replayed = await front.admit(admission(**limits, idempotency_key="k", fingerprint="f"))
    assert isinstance(replayed, Replayed)
    assert (replayed.job_id, replayed.standing.jobs, replayed.standing.queue) == (first.job_id, 2, 2)
    for left in (1, 0):
        answer = await front.admit(admission(**limits))
        assert isinstance(answer, Admitted)
        assert (answer.standing.jobs, answer.standing.queue) == (left, left)
    full = await _refused(front, admission(**limits))
    assert (full.why, full.found) == ("queue_full", 3)
    assert full.standing is not None
    assert full.standing.queue == 0
    over = await _refused(front, admission(**limits | {"queued_limit": 10}))
    assert over.why == "rate"
    assert over.standing is not None
    assert (over.standing.jobs, over.standing.queue) == (0, 7)
    assert over.found / 1e6 == pytest.approx(over.standing.next_seconds, abs=1e-3)


async def test_a_refusal_spends_nothing_of_the_rate(front: JobFront, connection: redis.Redis, admission: Build) -> None:
    """Whatever else stands against a job, its tenant's rate is as before."""
    refusals: tuple[dict[str, int], ...] = (
        {"queued_limit": 0},
        {"queued_bytes_limit": 0},
        {"kept_bytes_limit": 0},
        {"run_seconds_limit": 0},
        {"gpu_seconds_limit": 0, "gpus": 1},
    )
    for limits in refusals:
        await _refused(front, admission(**limits))
    assert not connection.keys("*")


async def test_a_raised_rate_holds_at_once(front: JobFront, admission: Build) -> None:
    """What was spent under a lower rate is no debt under a higher one; from then on that one holds."""
    assert isinstance(await front.admit(admission(requests_per_minute=1)), Admitted)
    assert (await _refused(front, admission(requests_per_minute=1))).found > 50e6
    assert isinstance(await front.admit(admission(requests_per_minute=20)), Admitted)
    assert 1e6 < (await _refused(front, admission(requests_per_minute=20))).found <= 3e6
