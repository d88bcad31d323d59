"""A GPU worker on an engine that has no GPU: clear from every side, and in nobody else's way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import httpx
import numpy as np
import pytest
import redis
from safetensors.numpy import save

from store.catalog import Catalog
from store.generations import bump
from tests.conftest import ROOT, Engine
from tests.e2e.conftest import Customer, source


@pytest.fixture(scope="module")
def gpu_engine() -> Iterator[Engine]:
    """A whole Cloche whose settings name a GPU that this engine can't give."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    running = Engine(folder, CLOCHE_GPUS="0", CLOCHE_WORKERS="1")
    running.up()
    yield running
    running.down()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def acme(gpu_engine: Engine) -> Iterator[Customer]:
    """A tenant that may use one GPU."""
    customer = Customer(gpu_engine, gpu_engine.tenant("acme"))
    gpu_engine.admin("quotas", "set", "acme", "gpus=1")
    yield customer
    customer.http.close()


def eventually(look: Callable[[], Any], wanted: Any) -> None:
    """Look until it is so."""
    deadline = time.monotonic() + 60
    while (found := look()) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def gpu_workers(engine: Engine) -> Any:
    """What readiness says of them."""
    return httpx.get(f"{engine.url}/readyz").json()["checks"]["gpu_workers"]


def left_overs(engine: Engine) -> list[str]:
    """Containers of this installation that asked for a GPU."""
    client = docker.from_env()
    found = client.containers.list(all=True, ignore_removed=True, filters={"label": "cloche.worker"})
    client.close()
    asked = [each for each in found if each.attrs["HostConfig"]["DeviceRequests"]]
    return [each.short_id for each in asked if engine.environment["CLOCHE_RUN_DIR"] in str(each.attrs["Mounts"])]


def upload(customer: Customer, name: str) -> httpx.Response:
    """A model that asks for a GPU."""
    weights = save({"scale": np.ones(1, dtype=np.float32)})
    files = {"source": ("model.py", source("return x").encode()), "weights": ("w.safetensors", weights)}
    return customer.http.post("/v1/models", data={"name": name, "config": '{"gpus": 1}'}, files=files)


def test_each_gpu_has_a_worker_of_its_own(gpu_engine: Engine) -> None:
    """`make up CLOCHE_GPUS=0` starts it beside the others, and `make status` shows it."""
    shown = gpu_engine.ops("status")
    assert shown.returncode == 0, shown.stdout
    assert {"worker-1", "gpu-worker-1"} <= {line.split()[0] for line in shown.stdout.splitlines()}


def test_a_gpu_that_cant_be_given_is_said_everywhere(gpu_engine: Engine) -> None:
    """The worker's fault is on readiness, which stays ready, and fails doctor with what to install; its log has the
    engine's own trouble, once. No container is left of all its attempts."""
    eventually(lambda: gpu_workers(gpu_engine), "gpu_unavailable")
    assert httpx.get(f"{gpu_engine.url}/readyz").status_code == 200
    command = [sys.executable, "-m", "admin.main", "doctor"]
    done = subprocess.run(command, env=gpu_engine.environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("gpu workers  ")]
    assert row.split()[2] == "fail"
    assert "gpu_unavailable" in row
    assert "NVIDIA container toolkit" in done.stdout + done.stderr
    log = (gpu_engine.data / "logs" / "gpu-worker-1.log").read_text()
    assert log.count("no GPU to pass through") == 1
    eventually(lambda: left_overs(gpu_engine), [])


def test_jobs_on_it_wait_and_everybody_else_is_served(gpu_engine: Engine, acme: Customer) -> None:
    """An upload that asks for a GPU is taken and waits for its check; a job of a ready version waits; models
    without a GPU are checked and answered."""
    made = upload(acme, "wants-gpu")
    assert made.status_code == 201, made.text
    job = _job_of_a_ready_version(gpu_engine, acme, made.json()["id"])
    assert job["status"] == "queued"
    plain = acme.ready("return x * 2")
    assert acme.ask(plain, 21)["output"] == 42
    assert acme.http.get(f"/v1/jobs/{job['id']}").json()["status"] == "queued"
    assert acme.http.get(f"/v1/jobs/{job['id']}").json()["attempts"] == 0


def _job_of_a_ready_version(engine: Engine, customer: Customer, version_id: str) -> dict[str, Any]:
    catalog = Catalog.open(f"sqlite:///{engine.data}/catalog.sqlite3")
    version = catalog.models.version_by_id(version_id)
    assert version is not None
    assert version.status == "checking"
    catalog.models.finish_check(version_id, status="ready", load_mode="plain")
    catalog.close()
    bump(redis.Redis.from_url(engine.redis_url), version.tenant_id)
    answer = customer.http.post("/v1/models/wants-gpu/jobs", json={"input": 1}, headers={"Prefer": "wait=2"})
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


def test_with_its_worker_gone_the_api_says_so(gpu_engine: Engine, acme: Customer) -> None:
    """Killed, it is forgotten in seconds: uploads and jobs that ask for a GPU are refused, with what to do."""
    lines = [line.split() for line in gpu_engine.ops("status").stdout.splitlines()]
    (pid,) = [int(line[2]) for line in lines if line[0] == "gpu-worker-1"]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: gpu_workers(gpu_engine), "none")
    for refused in (upload(acme, "another"), acme.http.post("/v1/models/wants-gpu/jobs", json={"input": 1})):
        assert refused.status_code == 503, refused.text
        assert refused.json()["code"] == "no_gpu_worker"
        assert "cloche-worker --gpu" in refused.json()["detail"]
        assert refused.headers["retry-after"]
    assert acme.ask(acme.ready("return x + 1"), 1)["output"] == 2
