"""Canceling a model that runs, through the whole engine, judged by the engine's own clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import cloche
from tests.conftest import Engine
from tests.e2e.conftest import Customer, source

SLEEPER = "print('begun', flush=True)\ntime.sleep(x)\nreturn x"
IMPORTS = "import time\n\nimport torch\nfrom torch import nn\n"
LONG_SECONDS = 28  # nearly the longest that a call may take


def _sleeper(customer: Customer) -> str:
    name, version = customer.upload(source(SLEEPER, imports=IMPORTS))
    assert version["status"] == "ready", version
    return name


def _ran(job: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(job["finished_at"]) - datetime.fromisoformat(job["started_at"])


def test_a_running_model_is_killed_when_its_job_is_canceled(customer: Customer, engine: Engine) -> None:
    """It ends long before the model would have, and the sandbox's place is free for the next job at once."""
    name = _sleeper(customer)
    with cloche.Client(engine.url, customer.key) as client:
        job = client.submit(name, LONG_SECONDS)
        assert next(event for event in job.events() if event.kind == "log").data["text"] == "begun\n"
        job.cancel()
        canceled = job.refresh().to_dict()
        assert (canceled["status"], canceled["logs"]) == ("canceled", "begun\n")
        assert _ran(canceled) < timedelta(seconds=LONG_SECONDS / 2)
        following = client.submit(name, 0).wait(60).to_dict()
    assert following["status"] == "succeeded"
    waited = datetime.fromisoformat(following["started_at"]) - datetime.fromisoformat(canceled["finished_at"])
    assert waited < timedelta(seconds=LONG_SECONDS / 2)


def test_a_job_is_canceled_after_its_time(customer: Customer, engine: Engine) -> None:
    """Cancel-After as a header and as the SDK's option: the job runs until then, and is canceled in its running."""
    name = _sleeper(customer)
    assert customer.ask(name, 0)["status"] == "succeeded"  # from now on a sandbox waits for its jobs
    headers = {"Cancel-After": "4s", "Prefer": "wait=60"}
    answer = customer.http.post(f"/v1/models/{name}/jobs", json={"input": LONG_SECONDS}, headers=headers)
    by_header = answer.json()
    with cloche.Client(engine.url, customer.key) as client:
        job = client.submit(name, LONG_SECONDS, cancel_after_seconds=4)
        by_option = job.wait(60).to_dict()
    for job_view in (by_header, by_option):
        assert job_view["status"] == "canceled", job_view
        assert job_view["started_at"] is not None
        lived = datetime.fromisoformat(job_view["finished_at"]) - datetime.fromisoformat(job_view["created_at"])
        assert timedelta(seconds=4) <= lived < timedelta(seconds=LONG_SECONDS)


def test_a_job_expires_in_the_queue_and_never_runs(engine: Engine) -> None:
    """Behind a slow job of a tenant with one place, a job with a short deadline expires; the slow one is answered."""
    customer = Customer(engine, engine.tenant("one-place"))
    engine.admin("quotas", "set", "one-place", "concurrency=1")
    name = _sleeper(customer)
    with cloche.Client(engine.url, customer.key) as client:
        slow = client.submit(name, 8, deadline_seconds=60)
        assert next(event for event in slow.events() if event.kind == "log").data["attempt"] == 1
        late = client.submit(name, 0, deadline_seconds=1)
        with pytest.raises(cloche.JobExpired):
            late.result(60)
        expired = late.to_dict()
        assert (expired["started_at"], expired["attempts"], expired["logs"]) == (None, 0, "")
        assert slow.result(60) == 8
