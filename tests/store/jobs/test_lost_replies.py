"""Redis did what was asked, and the one who asked never heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import redis

from store.jobs.back import JobBack
from store.jobs.front import JobFront
from store.jobs.records import Admission
from tests.store.jobs.simulated import pop_token

pytestmark = pytest.mark.anyio
Build = Callable[..., Admission]


async def admit(front: JobFront, admission: Admission) -> None:
    """Admit, and wait until what was issued has reached RQ."""
    await front.admit(admission)
    await asyncio.sleep(0)
    await front._in_thread(lambda _queue, _nothing: None, None)


async def test_a_turn_whose_begin_was_not_heard_is_begun_again(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """The same worker gets the same answer; another one still gets none."""
    await admit(front, admission())
    token = pop_token(connection)
    assert token is not None
    first = back.begin(token)
    assert first == back.begin(token) == ("ver_a", "ten_a")
    assert JobBack(connection, worker="w2").begin(token) is None


async def test_a_turn_begun_by_a_worker_taken_for_dead_is_watched(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """It begins before its next heartbeat and dies: its job and its turn are found all the same."""
    connection.zadd("workers", {"w1": 0})
    JobBack(connection, worker="w2").reap()
    await admit(front, admission())
    token = pop_token(connection)
    assert token is not None and back.begin(token) is not None
    assert len(back.settle(token, "ver_a", [], want=1).claims) == 1
    connection.zadd("workers", {"w1": 0}, xx=True)
    assert JobBack(connection, worker="w2").reap().taken_back == 1
    assert connection.scard("turns:ten_a") == 1 and connection.zcard("turns:issued") == 1


async def test_a_job_handed_back_keeps_its_deadline(
    front: JobFront, back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Back in the queue of a version that nobody serves, it expires in time."""
    await admit(front, admission(deadline_seconds=3600))
    token = pop_token(connection)
    assert token is not None and back.begin(token) is not None
    claim = back.settle(token, "ver_a", [], want=1).claims[0]
    assert back.recover() == 1
    assert connection.zscore("deadlines", claim.job_id) is not None
    connection.zadd("deadlines", {claim.job_id: 0}, xx=True)
    assert back.reap().expired == 1
