"""Versions that ask for a GPU: who may upload and run them, and what is said where nothing can serve them."""

from __future__ import annotations

import json
import re
import time

import pytest
import redis
from starlette.testclient import TestClient

from store.jobs import holdings
from store.jobs.back import JobBack, Settlement
from store.jobs.turns import GPU_TURNS_QUEUE_KEY, TURNS_QUEUE_KEY
from tests.api.conftest import SOURCE, Account, Installation, assert_problem, submit, upload, weights

ON_GPU = json.dumps({"gpus": 1})


@pytest.fixture
def gpu_worker(installation: Installation) -> JobBack:
    """A worker that owns two devices, alive."""
    back = JobBack(installation.redis, worker="g1", gpus=("0", "GPU-1"))
    back.heartbeat()
    return back


@pytest.fixture
def granted(installation: Installation, acme: Account) -> Account:
    """A tenant that may use one GPU."""
    installation.quotas(acme, gpus=1)
    return acme


def queued(connection: redis.Redis, *, within_seconds: float = 5.0) -> tuple[int, int]:
    """How many turns and checks wait in RQ's two queues, CPU and GPU, once what is being handed over has arrived."""
    deadline = time.monotonic() + within_seconds
    while True:
        counts = connection.llen(TURNS_QUEUE_KEY), connection.llen(GPU_TURNS_QUEUE_KEY)
        if counts[1] or time.monotonic() > deadline:
            return counts  # type: ignore[return-value]
        time.sleep(0.01)


def test_nobody_may_use_a_gpu_unless_told(api: TestClient, acme: Account, gpu_worker: JobBack) -> None:
    """GPUs are granted: with the default quota an upload that asks for one is refused with its limit."""
    body = assert_problem(upload(api, acme, config=ON_GPU), 403, "quota_gpus")
    assert body["limit"] == 0
    assert api.get("/v1/models", headers=acme.headers).json() == {"models": []}
    assert upload(api, acme, config='{"gpus": 0}').status_code == 201


def test_an_upload_that_asks_for_a_gpu_says_so(
    api: TestClient, granted: Account, gpu_worker: JobBack, installation: Installation
) -> None:
    """The wish is in the version's config, and its check waits for a GPU worker."""
    view = upload(api, granted, config=ON_GPU).json()
    assert view["config"] == {"gpus": 1}
    assert api.get(view["urls"]["self"], headers=granted.headers).json()["config"] == {"gpus": 1}
    assert queued(installation.redis) == (0, 1)


def test_without_a_gpu_worker_an_upload_is_refused(
    api: TestClient, granted: Account, installation: Installation
) -> None:
    """It would be checked by nobody. Workers without a GPU don't count, nor do those that died; nothing is stored."""
    JobBack(installation.redis, worker="w").heartbeat()
    body = assert_problem(upload(api, granted, config=ON_GPU), 503, "no_gpu_worker")
    assert "cloche-worker --gpu" in body["detail"]
    JobBack(installation.redis, worker="g1", gpus=("0",)).heartbeat()
    installation.redis.zadd("workers", {"g1": 1})
    assert_problem(upload(api, granted, config=ON_GPU), 503, "no_gpu_worker")
    assert list(installation.blobs.glob("??/*")) == []


def test_a_vain_wish_is_refused_before_the_weights(api: TestClient, granted: Account) -> None:
    """Parts that come before the weights are read when those begin: nobody sends gigabytes for nothing. A config that
    comes last is read then."""
    pickled = b"\x80\x02}q\x00."
    assert_problem(upload(api, granted, config=ON_GPU, weights_file=pickled), 503, "no_gpu_worker")
    assert_problem(upload(api, granted, config='{"gpus": 7}', weights_file=pickled), 422, "invalid_request")
    last = [
        ("name", (None, "echo")),
        ("source", ("model.py", SOURCE)),
        ("weights", ("w.safetensors", weights())),
        ("config", (None, ON_GPU)),
    ]
    assert_problem(api.post("/v1/models", files=last, headers=granted.headers), 503, "no_gpu_worker")


def test_without_a_gpu_worker_a_job_is_refused(
    api: TestClient, granted: Account, installation: Installation, gpu_worker: JobBack
) -> None:
    """503 that says what to do and when to come back; with a worker there again the same request is taken."""
    installation.ready(granted, gpus=1)
    assert submit(api, granted).status_code == 202
    installation.redis.zadd("workers:gpu", {"g1": 1})
    response = submit(api, granted, Idempotency_Key="k")
    body = assert_problem(response, 503, "no_gpu_worker")
    assert "cloche-worker --gpu" in body["detail"]
    assert response.headers["retry-after"] == "2"
    assert 'cloche_jobs_refused_total{why="no_gpu_worker"} 1.0' in api.get("/metrics").text
    gpu_worker.heartbeat()
    job = submit(api, granted, Idempotency_Key="k").json()["id"]
    installation.redis.zadd("workers:gpu", {"g1": 1})
    assert submit(api, granted, Idempotency_Key="k").json()["id"] == job  # accepted before: no reason to refuse it


def test_a_quota_that_was_taken_back_refuses_jobs(
    api: TestClient, granted: Account, installation: Installation, gpu_worker: JobBack
) -> None:
    """The version stays; its jobs are refused from the next request on, and taken again when it is granted again."""
    installation.ready(granted, gpus=1)
    assert submit(api, granted).status_code == 202
    installation.quotas(granted, gpus=0)
    assert assert_problem(submit(api, granted), 403, "quota_gpus")["limit"] == 0
    installation.quotas(granted, gpus=2)
    assert submit(api, granted).status_code == 202


def test_gpus_in_use_are_shown_beside_the_quota(
    api: TestClient, granted: Account, installation: Installation, gpu_worker: JobBack
) -> None:
    """A GPU is in use from the moment a worker begins the turn until the turn's end; while it waits it is nobody's."""

    def gpus() -> dict[str, int]:
        found: dict[str, int] = api.get("/v1/quotas", headers=granted.headers).json()["quotas"]["gpus"]
        return found

    version = installation.ready(granted, gpus=1)
    assert submit(api, granted).status_code == 202
    assert gpus() == {"limit": 1, "used": 0}
    [token] = [each.decode() for each in installation.redis.smembers(f"gpu_turns:{granted.tenant.id}")]
    assert gpu_worker.begin(token)
    assert gpus() == {"limit": 1, "used": 1}
    assert holdings.read(installation.redis, granted.tenant.id).gpus == 1
    [claim] = gpu_worker.settle(token, version.id, [], want=1).claims
    gpu_worker.settle(token, version.id, [Settlement(claim, "succeeded", output=b"1")], want=0)
    gpu_worker.end(token)
    assert gpus() == {"limit": 1, "used": 0}


def test_versions_on_a_gpu_have_turns_of_their_own(
    api: TestClient, granted: Account, installation: Installation, gpu_worker: JobBack
) -> None:
    """A tenant's concurrency and its GPUs are counted apart; each kind of turn waits in its own queue."""
    installation.quotas(granted, concurrency=1, gpus=1)
    for name in ("plain", "other plain"):
        installation.ready(granted, name)
    for name in ("gpu", "other gpu"):
        installation.ready(granted, name, gpus=1)
    for name in ("plain", "other plain", "gpu", "other gpu"):
        assert submit(api, granted, name=name).status_code == 202
    assert queued(installation.redis) == (1, 1)
    tenant = granted.tenant.id
    assert installation.redis.llen(f"waiting:{tenant}") == installation.redis.llen(f"gpu_waiting:{tenant}") == 1


def test_readiness_and_numbers_tell_gpu_workers(
    api: TestClient, installation: Installation, gpu_worker: JobBack
) -> None:
    """A GPU worker's trouble is told and keeps nothing else from being served."""
    JobBack(installation.redis, worker="w").heartbeat()
    assert api.get("/readyz").json()["checks"]["gpu_workers"] == "ok"
    gpu_worker.heartbeat(fault="gpu_unavailable")
    response = api.get("/readyz")
    assert (response.status_code, response.json()["checks"]["gpu_workers"]) == (200, "gpu_unavailable")
    numbers = dict(re.findall(r"^(cloche_\w+) (\S+)$", api.get("/metrics").text, re.MULTILINE))
    assert (numbers["cloche_gpu_workers_live"], numbers["cloche_gpus"]) == ("1.0", "2.0")
    assert (numbers["cloche_workers_live"], numbers["cloche_worker_faults"]) == ("2.0", "1.0")
