"""Canceling by the clock, and cancellations that nobody heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
import redis

from store.jobs.back import Head, JobBack
from store.jobs.front import JobFront
from store.jobs.records import Admission
from tests.store.jobs.steps import claim_one, issued_token

Build = Callable[..., Admission]
pytestmark = pytest.mark.anyio


def _time_is_up(connection: redis.Redis, job_id: str) -> None:
    connection.hset(f"job:{job_id}", "ca", 1)
    assert connection.zadd("lifetimes", {job_id: 1}, xx=True, ch=True) == 1


async def _state(front: JobFront, job_id: str) -> tuple[str, int]:
    record = await front.get("ten_a", job_id)
    assert record is not None
    return record.state, record.attempts


async def test_a_queued_job_is_canceled_when_its_time_is_up(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """The reaper ends it, and so does whoever would claim it first; neither runs it."""
    reaped, claimed, alive = (admission(cancel_after_seconds=3600.0) for _ in range(3))
    for each in (reaped, claimed, alive):
        await front.admit(each)
    _time_is_up(connection, reaped.job_id)
    back.reap()
    assert await _state(front, reaped.job_id) == ("canceled", 0)
    _time_is_up(connection, claimed.job_id)
    token = await issued_token(connection)
    back.begin(token)
    assert [claim.job_id for claim in back.settle(token, "ver_a", [], want=5).claims] == [alive.job_id]
    assert await _state(front, claimed.job_id) == ("canceled", 0)
    assert cast("list[bytes]", connection.zrange("lifetimes", 0, -1)) == [alive.job_id.encode()]


async def test_a_running_job_is_canceled_when_its_time_is_up(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Its record ends at once and its worker is told to kill; the clock began with the admission."""
    a = admission(cancel_after_seconds=90.0)
    await front.admit(a)
    due = connection.zscore("lifetimes", a.job_id)
    record = await front.get("ten_a", a.job_id)
    assert record is not None and due == record.created_ms + 90_000
    await claim_one(connection, back)
    listener = connection.pubsub(ignore_subscribe_messages=True)
    listener.subscribe("cancel:w1")
    listener.get_message(timeout=1)
    _time_is_up(connection, a.job_id)
    back.reap()
    told: Any = listener.get_message(timeout=5)
    assert told["data"] == a.job_id.encode()
    assert await _state(front, a.job_id) == ("canceled", 1)
    listener.close()


async def test_an_ended_job_has_no_lifetime(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """What ended otherwise, here canceled by hand, is not looked at again."""
    a = admission(cancel_after_seconds=90.0)
    await front.admit(a)
    await front.cancel("ten_a", a.job_id)
    assert not connection.exists("lifetimes")


async def test_a_heartbeat_tells_what_was_missed(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A worker asks with every beat whether the job it runs is still its own: canceled, taken away, or forgotten."""
    a = admission()
    await front.admit(a)
    _, claim = await claim_one(connection, back)
    head = Head(claim.job_id, claim.fence)
    assert back.heartbeat(head=head).held
    assert back.heartbeat().held
    assert not back.heartbeat(head=Head(claim.job_id, b"7")).held
    assert not JobBack(connection, worker="w2").heartbeat(head=head).held
    await front.cancel("ten_a", a.job_id)
    assert not back.heartbeat(head=head).held
    connection.delete(f"job:{a.job_id}")
    beat = back.heartbeat(head=head)
    assert (beat.known, beat.held) == (True, False)
