"""Jobs on a GPU in the job store: queues of their own, a quota of their own, and a worker that has to be there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import redis

from store.jobs.back import DEAD_AFTER_SECONDS, JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission, Admitted, Refused
from store.jobs.turns import GPU_TURNS_QUEUE_KEY, TURNS_QUEUE_KEY
from tests.store.jobs.simulated import pop_token
from tests.store.jobs.steps import issued_token
from worker.bell import Bell

pytestmark = pytest.mark.anyio
Build = Callable[..., Admission]
ON_GPU = {"gpus": 1, "gpus_limit": 1}


async def arrived(front: JobFront) -> None:
    """What was issued has reached RQ."""
    await asyncio.sleep(0)  # the hand-over is a task of its own: let it begin first
    await front._in_thread(lambda _queues, _nothing: None, None)


async def test_a_worker_silent_for_too_long_is_no_gpu_worker(
    front: JobFront, gpu_back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Refused exactly when the last heartbeat is older than what makes a worker dead, reaper or not."""
    seconds, micros = connection.time()  # type: ignore[misc]
    now_ms = seconds * 1000 + micros // 1000
    assert isinstance(await front.admit(admission(**ON_GPU)), Admitted)
    connection.zadd("workers:gpu", {"g1": now_ms - int(DEAD_AFTER_SECONDS * 1000) - 1})
    refused = await front.admit(admission(**ON_GPU))
    assert isinstance(refused, Refused)
    assert refused.why == "no_gpu_worker"
    assert isinstance(await front.admit(admission()), Admitted)
    assert (await front.health()).queued_jobs == 2


async def test_a_dead_gpu_worker_is_forgotten(
    front: JobFront, back: JobBack, gpu_back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """The reaper takes its devices off the books, whoever runs it; so does its own goodbye."""
    health = await front.health()
    assert (health.live_workers, health.gpu_workers, health.gpus) == (2, 1, ("0",))
    connection.zadd("workers", {"g1": 1})
    back.reap()
    assert not connection.exists("workers:gpu", "devices")
    gpu_back.heartbeat(fault="gpu_unavailable")
    health = await front.health()
    assert (health.gpu_faults, health.worker_faults) == (("gpu_unavailable",), ())
    gpu_back.reap(goodbye=True)
    assert not connection.exists("workers:gpu", "devices")


async def test_gpu_turns_wait_where_gpu_workers_listen(
    front: JobFront, back: JobBack, gpu_back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Turns of both kinds are issued side by side, each into its own queue, and count against their own quota."""
    for version in ("ver_a", "ver_b"):
        await front.admit(admission(version_id=version))
        await front.admit(admission(version_id=f"{version}_gpu", **ON_GPU))
    await arrived(front)
    assert (connection.llen(TURNS_QUEUE_KEY), connection.llen(GPU_TURNS_QUEUE_KEY)) == (1, 1)
    token = pop_token(connection, GPU_TURNS_QUEUE_KEY)
    assert token is not None
    assert gpu_back.begin(token) == ("ver_a_gpu", "ten_a")
    settled = gpu_back.settle(token, "ver_a_gpu", [], want=1)
    assert settled.others_waiting == 1  # the tenant's other version on a GPU, and not those on none
    assert connection.hget(f"job:{settled.claims[0].job_id}", "g") == b"1"
    gpu_back.settle(token, "ver_a_gpu", [Settlement(settled.claims[0], "succeeded", output=b"1")], want=0)
    gpu_back.end(token)
    assert gpu_back.begin(pop_token(connection, GPU_TURNS_QUEUE_KEY) or "") == ("ver_b_gpu", "ten_a")


async def test_the_quota_of_gpus_holds_whoever_asks(
    front: JobFront, gpu_back: JobBack, connection: redis.Redis, admission: Build, redis_url: str
) -> None:
    """Hundreds of admissions through two API processes at once, and a worker that asks for more turns:
    never more of the tenant's turns on a GPU than its quota, whichever version they are for."""
    second = JobFront(redis_url)
    await second.start()
    jobs = [admission(version_id=f"ver_{n % 7}", gpus=1, gpus_limit=3) for n in range(300)]
    await asyncio.gather(*[(front, second)[n % 2].admit(job) for n, job in enumerate(jobs)])
    await asyncio.gather(arrived(front), arrived(second))
    assert connection.scard("gpu_turns:ten_a") == connection.llen(GPU_TURNS_QUEUE_KEY) == 3
    served = 0
    while (token := pop_token(connection, GPU_TURNS_QUEUE_KEY)) is not None:
        begun = gpu_back.begin(token)
        assert begun is not None
        settled = gpu_back.settle(token, begun[0], [], want=100, more=True)
        assert connection.scard("gpu_turns:ten_a") <= 3
        done = [Settlement(claim, "succeeded", output=b"1") for claim in settled.claims]
        gpu_back.settle(token, begun[0], done, want=0, more=True)
        gpu_back.end(token)
        served += len(done)
        assert connection.scard("gpu_turns:ten_a") <= 3
    assert served == 300
    await second.close()


async def test_a_lowered_quota_of_gpus_holds_for_the_next_turn(
    front: JobFront, gpu_back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Turns outstanding go on; no further one is issued until there are fewer than the quota of now."""
    for n in range(3):
        await front.admit(admission(version_id=f"ver_{n}", gpus=1, gpus_limit=2))
    assert connection.scard("gpu_turns:ten_a") == 2
    await front.admit(admission(version_id="ver_0", gpus=1, gpus_limit=1))
    await arrived(front)
    first, second = pop_token(connection, GPU_TURNS_QUEUE_KEY), pop_token(connection, GPU_TURNS_QUEUE_KEY)
    assert first is not None
    assert second is not None
    gpu_back.begin(first)
    gpu_back.settle(first, "ver_0", [], want=9)
    gpu_back.end(first)
    assert connection.scard("gpu_turns:ten_a") == 1
    gpu_back.begin(second)
    gpu_back.settle(second, "ver_1", [], want=9)
    gpu_back.end(second)
    assert gpu_back.begin(pop_token(connection, GPU_TURNS_QUEUE_KEY) or "") == ("ver_2", "ten_a")


async def test_a_gpu_turn_that_got_lost_goes_to_a_gpu_worker(
    front: JobFront, back: JobBack, gpu_back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """A worker without GPUs reaps for all: a turn that RQ lost is issued again into its own queue, and one that
    waits there because every GPU is busy is not doubled."""
    await front.admit(admission(**ON_GPU))
    await arrived(front)
    token = await issued_token(connection, gpu=True)
    connection.zincrby("gpu_turns:issued", -10_000, token)
    assert back.reap().reissued == 0
    connection.zincrby("gpu_turns:issued", -10_000, token)
    connection.delete(GPU_TURNS_QUEUE_KEY)
    assert back.reap().reissued == 1
    assert (connection.llen(TURNS_QUEUE_KEY), connection.llen(GPU_TURNS_QUEUE_KEY)) == (0, 1)


async def test_a_lingering_gpu_worker_is_handed_the_job(
    front: JobFront, gpu_back: JobBack, connection: redis.Redis, admission: Build
) -> None:
    """Handing over, the bell and the claim work as for any other version."""
    bell = Bell(connection, worker="g1")
    bell.wait(0)
    await front.admit(admission(**ON_GPU))
    await arrived(front)
    token = pop_token(connection, GPU_TURNS_QUEUE_KEY)
    assert token is not None
    gpu_back.begin(token)
    settled = gpu_back.settle(token, "ver_a", [], want=1)
    done = Settlement(settled.claims[0], "succeeded", output=b"1")
    gpu_back.settle(token, "ver_a", [done], want=1, linger=True)
    handed = admission(**ON_GPU)
    await front.admit(handed)
    while (ring := bell.wait(5)) is not None and ring.claim is None:
        pass
    assert ring is not None
    assert ring.claim is not None
    assert ring.claim.job_id == handed.job_id
    assert connection.hget(f"job:{handed.job_id}", "g") == b"1"
    gpu_back.settle(token, "ver_a", [Settlement(ring.claim, "release")], want=0)
    gpu_back.end(token)
    await arrived(front)
    assert gpu_back.begin(pop_token(connection, GPU_TURNS_QUEUE_KEY) or "") == ("ver_a", "ten_a")
    bell.close()
