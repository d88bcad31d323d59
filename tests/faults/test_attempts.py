"""What the platform does to a running job is tried again, until its attempts are over; on the whole engine."""

from __future__ import annotations

import contextlib
import hashlib
import time
from typing import Any

import docker
import docker.errors
import pytest

from tests.conftest import Engine
from tests.e2e.conftest import Customer, source

SLEEPS = "time.sleep(4)\nreturn x"
IMPORTS = "import time\nimport torch\nfrom torch import nn\n"
PATIENCE_SECONDS = 120


def kill_sandboxes(engine: Engine) -> None:
    """SIGKILL to every sandbox of this engine, from outside."""
    owner = hashlib.sha256(engine.environment["CLOCHE_RUN_DIR"].encode()).hexdigest()[:12]
    client = docker.from_env()
    for container in client.containers.list(filters={"label": f"cloche.owner={owner}"}, ignore_removed=True):
        with contextlib.suppress(docker.errors.APIError):  # it ended by itself
            container.kill()
    client.close()


def until(customer: Customer, job_id: str, *, status: tuple[str, ...], attempts: int = 0) -> dict[str, Any]:
    """The job as soon as it is in one of these states, at this attempt or later."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        job: dict[str, Any] = customer.http.get(f"/v1/jobs/{job_id}").json()
        if job["status"] in status and job["attempts"] >= attempts:
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("kills", "ending"), [(1, ("succeeded", None, 2)), (3, ("failed", "platform", 3))], ids=["once", "three times"]
)
def test_a_job_whose_sandbox_is_killed_is_tried_again(
    engine: Engine, customer: Customer, kills: int, ending: tuple[str, str | None, int]
) -> None:
    """It ends as if nothing had been; only the third time it fails, and by the platform's fault."""
    name, version = customer.upload(source(SLEEPS, imports=IMPORTS))
    assert version["status"] == "ready", version
    job_id = customer.http.post(f"/v1/models/{name}/jobs", json={"input": 7}).json()["id"]
    for attempt in range(1, kills + 1):
        until(customer, job_id, status=("running",), attempts=attempt)
        time.sleep(0.5)  # the call is on its way; one that has not arrived meets a dead sandbox all the same
        kill_sandboxes(engine)
    job = until(customer, job_id, status=("succeeded", "failed"))
    assert (job["status"], (job["error"] or {}).get("type"), job["attempts"]) == ending, job
