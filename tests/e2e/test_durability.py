"""Parts die; what was accepted is still answered. On an engine of the test's own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.conftest import ROOT, Engine
from tests.e2e.conftest import Customer, source


@pytest.fixture
def fragile() -> Iterator[Engine]:
    """An engine to break."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    engine = Engine(folder, CLOCHE_WORKERS="1")
    engine.up()
    yield engine
    engine.down()
    shutil.rmtree(folder, ignore_errors=True)


def pid_of(engine: Engine, part: str) -> int:
    """The process id `make status` shows for a part."""
    line = next(line for line in engine.ops("status").stdout.splitlines() if part in line)
    return next(int(word) for word in line.replace("|", " ").split() if word.isdigit())


def submit(customer: Customer, name: str, count: int) -> list[str]:
    """Accepted jobs' ids."""
    made = [customer.http.post(f"/v1/models/{name}/jobs", json={"input": n}) for n in range(count)]
    assert {answer.status_code for answer in made} == {202}
    return [answer.json()["id"] for answer in made]


def finish(customer: Customer, ids: list[str]) -> list[object]:
    """Every job's output, in order; each must succeed within its minute."""
    outputs = []
    for job_id in ids:
        job = customer.http.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=60"}).json()
        assert job["status"] == "succeeded", job
        outputs.append(job["output"])
    return outputs


def test_what_was_accepted_outlives_redis_and_worker(fragile: Engine) -> None:
    """kill -9 of the worker, then of Redis, with jobs queued and running: 503 meanwhile, all answered after."""
    customer = Customer(fragile, fragile.tenant("durable"))
    name = customer.ready("import_free = sum(range(200000))\nreturn x")
    ids = submit(customer, name, 60)
    os.kill(pid_of(fragile, "worker"), signal.SIGKILL)
    ids += submit(customer, name, 20)
    os.kill(pid_of(fragile, "redis"), signal.SIGKILL)
    time.sleep(0.3)
    refused = customer.http.post(f"/v1/models/{name}/jobs", json={"input": 1})
    assert (refused.status_code, refused.json()["code"]) == (503, "redis_unavailable")
    assert "retry-after" in refused.headers
    fragile.up()  # the dead parts are started again
    assert finish(customer, ids) == [*range(60), *range(20)]
    stats = redis.Redis.from_url(fragile.redis_url).hgetall("stats")
    ended = sum(int(value) for name, value in stats.items() if name.startswith(b"ended:"))  # type: ignore[union-attr]
    assert (stats[b"queued"], int(stats[b"admitted"])) == (b"0", ended)


def test_an_engine_that_is_away_is_named_and_jobs_wait(fragile: Engine) -> None:
    """With no container engine /readyz says so; jobs are accepted, wait, and are answered when it is back."""
    customer = Customer(fragile, fragile.tenant("patient"))
    name = customer.ready("return x")
    pid = pid_of(fragile, "worker")
    os.kill(pid, signal.SIGTERM)
    assert wait_for(lambda: not Path(f"/proc/{pid}").exists())
    nowhere = {**fragile.environment, "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    lost = subprocess.Popen([str(ROOT / ".venv/bin/cloche-worker")], env=nowhere, cwd=ROOT)
    try:
        answer = wait_for(lambda: "engine_unreachable" in customer.http.get("/readyz").text)
        assert answer and customer.http.get("/readyz").status_code == 503
        ids = submit(customer, name, 3)
        assert customer.http.get(f"/v1/jobs/{ids[0]}").json()["status"] == "queued"
    finally:
        lost.terminate()
        lost.wait(30)
    fragile.up()
    assert finish(customer, ids) == [0, 1, 2]


def wait_for(condition: Callable[[], bool]) -> bool:
    """True as soon as it holds; False after half a minute."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_canceling_a_running_job_frees_its_worker(fragile: Engine) -> None:
    """An endless job is canceled while it runs; the only worker answers the next job right after."""
    customer = Customer(fragile, fragile.tenant("impatient"))
    name, version = customer.upload(source("while x == 0:\n    pass\nreturn x"))
    assert version["status"] == "ready"
    job_id = submit(customer, name, 1)[0]
    for _ in range(200):
        if customer.http.get(f"/v1/jobs/{job_id}").json()["status"] == "running":
            break
        time.sleep(0.05)
    canceled = customer.http.post(f"/v1/jobs/{job_id}/cancel")
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")
    assert customer.ask(name, 7)["output"] == 7
    again = customer.http.post(f"/v1/jobs/{job_id}/cancel")
    assert again.status_code in (200, 409)
