"""Jobs in every order of events that chance comes up with: see ``interleavings.py``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
import redis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from store.jobs.front import JobFront
from tests.store.jobs.batch_interleavings import BatchInterleavings
from tests.store.jobs.interleavings import Interleavings

EXAMPLES, STEPS = 60, 50


@pytest.fixture
def unsynced(redis_url: str) -> Iterator[redis.Redis]:
    """A connection to the session's Redis while it doesn't wait for its disk: nobody kills it here."""
    connection = redis.Redis.from_url(redis_url)
    connection.config_set("appendfsync", "no")
    yield connection
    connection.config_set("appendfsync", "always")


@pytest.fixture
def machine(redis_url: str, unsynced: redis.Redis) -> Iterator[Callable[[type[Interleavings]], Interleavings]]:
    """Makes a fresh machine of a kind on an emptied Redis; the API processes and their loop are shared."""
    loop = asyncio.new_event_loop()
    fronts = [JobFront(redis_url), JobFront(redis_url)]
    for front in fronts:
        loop.run_until_complete(front.start())
    yield lambda kind: kind(unsynced, fronts, loop)
    for front in fronts:
        loop.run_until_complete(front.close())
    loop.close()


@pytest.mark.parametrize("kind", [Interleavings, BatchInterleavings], ids=["jobs", "jobs and batches"])
def test_no_interleaving_loses_doubles_or_strands_a_job(
    machine: Callable[[type[Interleavings]], Interleavings], kind: type[Interleavings]
) -> None:
    """Whatever happens in whatever order: each admitted job is in one place, ends once, and is counted exactly.

    So is each line of a batch: its result is noted once and in its place, whoever feeds and collects.
    """
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: machine(kind),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # shrinking takes minutes: add Phase.shrink when there is something to shrink
            suppress_health_check=list(HealthCheck),
        ),
    )
