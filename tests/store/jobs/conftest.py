"""A front and a back on the same real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
import redis

from store.ids import new_id
from store.jobs.back import JobBack
from store.jobs.front import JobFront
from store.jobs.records import Admission


@pytest.fixture
def connection(redis_url: str) -> redis.Redis:
    """A plain connection, to look and to disturb."""
    return redis.Redis.from_url(redis_url)


@pytest.fixture
def back(connection: redis.Redis) -> JobBack:
    """A registered worker."""
    back = JobBack(connection, worker="w1")
    back.heartbeat()
    return back


@pytest.fixture
def gpu_back(connection: redis.Redis) -> JobBack:
    """A registered worker that owns a device."""
    back = JobBack(connection, worker="g1", gpus=("0",))
    back.heartbeat()
    return back


@pytest.fixture
async def front(redis_url: str) -> AsyncIterator[JobFront]:
    """An API process's side."""
    front = JobFront(redis_url)
    await front.start()
    yield front
    await front.close()


@pytest.fixture
def admission() -> Callable[..., Admission]:
    """Builds an admission of tenant ten_a for version ver_a; override what matters."""
    base = Admission(
        job_id="",
        tenant_id="ten_a",
        model="m",
        version_id="ver_a",
        version_number=1,
        generation=0,
        input_kind="json",
        payload=b"[1]",
        timeout_seconds=30.0,
        queued_limit=1000,
        requests_per_minute=600_000,
        concurrency=1,
        result_seconds=60,
    )

    def build(**changes: Any) -> Admission:
        return replace(base, job_id=new_id("job"), **changes)

    return build
