"""A running job's sandbox is killed, also when the message that says so is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import redis

from sandbox.fake import hangs
from store.jobs.scripts import script
from tests.worker.test_turns import Shop, shop, wait_until
from worker.pulse import Pulse

__all__ = ["shop"]


@pytest.fixture
def pulse(shop: Shop) -> Iterator[Pulse]:
    """The beating heart of the shop's worker."""
    pulse = Pulse(shop.station, redis.Redis.from_url(shop.url))
    pulse.start()
    yield pulse
    pulse.stop()


def test_a_cancellation_that_nobody_heard_is_found_by_the_next_beat(shop: Shop, pulse: Pulse) -> None:
    """The worker's ear is cut off in the very transaction that cancels: the sandbox is killed all the same."""
    version = shop.version("a")
    shop.driver.behaviours[version.id] = hangs
    (job_id,) = shop.admit(version, 1, timeout_seconds=600.0)
    working = threading.Thread(target=shop.work)
    working.start()
    wait_until(lambda: shop.station.running.head is not None)
    wait_until(lambda: shop.redis.pubsub_numsub("cancel:w1")[0][1] == 1)
    pipe = shop.redis.pipeline(transaction=True)
    pipe.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    pipe.eval(script("cancel").text, 0, version.tenant_id, job_id)
    killed, was = pipe.execute()
    assert killed >= 1 and was == b"running"
    working.join(30)
    assert not working.is_alive()
    job = shop.job(job_id)
    assert (job.state, job.attempts) == ("canceled", 1)
    assert [s.alive for s in shop.driver.started if s.bundle is not None] == [False]


def test_a_job_whose_time_is_up_is_killed(shop: Shop, pulse: Pulse) -> None:
    """A job to be canceled after a second is canceled while it runs; a queued one behind it never runs."""
    version = shop.version("a")
    shop.driver.behaviours[version.id] = hangs
    running, queued = shop.admit(version, 2, timeout_seconds=600.0, cancel_after_seconds=1.0)
    shop.work()
    assert [shop.job(i).state for i in (running, queued)] == ["canceled", "canceled"]
    assert [shop.job(i).attempts for i in (running, queued)] == [1, 0]
    assert not shop.redis.exists("lifetimes")
