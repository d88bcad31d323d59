"""What a settlement does for many jobs at once, and what a script is made of."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

import store.jobs.scripts
from store.jobs.back import JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission
from store.jobs.scripts import script
from store.jobs.until import until_done
from tests.store.jobs.steps import claim_one

pytestmark = pytest.mark.anyio
Build = Callable[..., Admission]
LUA = Path(store.jobs.scripts.__file__).parent / "lua"


async def test_inputs_too_large_together_are_claimed_a_megabyte_at_a_time(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A claim stops once it holds a megabyte; the rest stays queued, in its order, and nothing is lost."""
    large = b'"' + b"x" * 399_998 + b'"'
    jobs = [admission(payload=large) for _ in range(7)]
    for job in jobs:
        await front.admit(job)
    token, claim = await claim_one(connection, back)
    seen, outcomes, sizes = [claim], [Settlement(claim, "succeeded", output=b"1")], []
    while outcomes:
        settled = back.settle(token, "ver_a", outcomes, want=10)
        outcomes = [Settlement(each, "succeeded", output=b"1") for each in settled.claims]
        seen += settled.claims
        sizes.append((len(settled.claims), settled.pending))
    assert [each.job_id for each in seen] == [job.job_id for job in jobs]
    assert {each.payload for each in seen} == {large}
    assert sizes == [(3, 3), (3, 0), (0, 0)]


async def test_many_ends_in_one_settlement(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Each of them is whole: state, output or error, input gone, claim gone, counted once and told to who waits."""
    first = admission()
    await front.admit(first)
    token, claim = await claim_one(connection, back)
    jobs = [admission() for _ in range(20)]
    for job in jobs:
        await front.admit(job, wait=True)
    settled = back.settle(token, "ver_a", [Settlement(claim, "succeeded", output=b"1")], want=20)
    outcomes = [
        Settlement(each, "succeeded", predict_seconds=0.5, output=b"%d" % number, logs=f"log {number}")
        if number % 2
        else Settlement(each, "failed", error_type="model_error", error_message="no", error_traceback="tb")
        for number, each in enumerate(settled.claims)
    ]
    back.settle(token, "ver_a", outcomes, want=0)
    for number, job in enumerate(jobs):
        told = await front.wait("ten_a", job.job_id, 5)
        read = await front.get("ten_a", job.job_id)
        assert told is not None and read is not None
        good = number % 2
        assert (told.state, told.output) == (("succeeded", b"%d" % number) if good else ("failed", None))
        assert (told.error_type, told.logs) == (("", f"log {number}") if good else ("model_error", ""))
        for name in ("state", "output", "error_message", "error_traceback", "logs", "predict_seconds", "created_ms"):
            assert getattr(told, name) == getattr(read, name), name
        assert (told.started_ms, told.finished_ms, told.attempts) == (read.started_ms, read.finished_ms, read.attempts)
    assert not connection.keys("in:*") and not connection.exists("claims:w1")
    assert connection.zcard("ended") == 21
    health = await front.health()
    assert (health.queued_jobs, health.running_jobs) == (0, 0)


async def test_what_runs_is_told_without_being_counted(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Admitted, not ended and not queued: one of three after a claim."""
    for _ in range(3):
        await front.admit(admission())
    await claim_one(connection, back)
    health = await front.health()
    assert (health.queued_jobs, health.running_jobs) == (2, 1)


@pytest.mark.parametrize("name", sorted(path.stem for path in LUA.glob("*.lua") if path.stem != "common"))
def test_a_script_has_every_definition_it_names(name: str) -> None:
    """What is left out of a script is named nowhere in it."""
    common, text = (LUA / "common.lua").read_text(), script(name).text
    code = re.sub(r"--.*|'[^']*'", "", text)
    for found in re.finditer(r"(?m)^local (?:function )?(\w+(?:, \w+)*)", common):
        for defined in found[1].split(", "):
            there = re.search(rf"(?m)^local (?:function )?(?:\w+, )*{defined}\b", code)
            # A field or a script's own local may have the name of what is left out.
            used = re.search(rf"(?<![.\w]){defined}\b(?=[(\[])", code)
            assert there or not used, f"{name} calls {defined}"


async def test_who_stops_waiting_leaves_the_future_to_others() -> None:
    """Canceled, timed out or done: only the end of the future itself ends it."""
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    stays, goes = asyncio.ensure_future(until_done(future, 20)), asyncio.ensure_future(until_done(future, 20))
    await until_done(future, 0.001)
    goes.cancel()
    await asyncio.wait([goes])
    assert goes.cancelled() and not stays.done() and not future.done()
    future.set_result(1)
    await stays
    await until_done(future, 20)
