"""When a batch has to be over: lines that have not begun expire, or all of it is canceled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from store.jobs.back import Claim, JobBack, Settlement
from tests.api.conftest import Account, Installation, assert_problem
from tests.api.pumping import Pump, Server, double, eventually, lines

URL = "/v1/models/echo/batches"
LINES = 1000


@pytest.fixture
def pump(installation: Installation, acme: Account, tmp_path: Path) -> Iterator[Pump]:
    """A pump beside a model that echoes."""
    installation.ready(acme)
    started = Pump(installation, tmp_path)
    eventually(lambda: "pump_started" in started.log)
    yield started
    started.kill()


def slowly(claim: Claim) -> Settlement:
    """At most a hundred a second."""
    time.sleep(0.01)
    return double(claim)


def run(
    api: TestClient, installation: Installation, acme: Account, query: str, **headers: str
) -> tuple[Any, list[str]]:
    """Run so many lines that they would take ten seconds; the batch, and what became of each line."""
    answer = api.post(URL + query, content=lines(*range(LINES)), headers={**acme.headers, **headers})
    assert answer.status_code == 202, answer.text
    with Server(installation, slowly):
        url = answer.json()["urls"]["self"]
        eventually(lambda: api.get(url, headers=acme.headers).json()["status"] in ("completed", "canceled"))
    batch = api.get(url, headers=acme.headers).json()
    found = api.get(batch["urls"]["results"], headers=acme.headers).text.splitlines()
    return batch, [part for line in found for part in ("succeeded", "expired", "canceled") if f'"{part}"' in line]


def test_lines_that_have_not_begun_in_time_expire(
    api: TestClient, installation: Installation, acme: Account, pump: Pump
) -> None:
    """Those in the queue and those that never got there; what was answered stays, and the batch is completed."""
    batch, found = run(api, installation, acme, "?deadline_seconds=3")
    assert batch["status"] == "completed"
    assert (len(found), set(found)) == (LINES, {"succeeded", "expired"})
    assert (found.count("succeeded"), found.count("expired")) == (batch["succeeded"], batch["expired"])
    assert installation.redis.keys("job:*") == []


@pytest.mark.parametrize(("query", "headers"), [("?cancel_after_seconds=3", {}), ("", {"Cancel-After": "3s"})])
def test_a_batch_is_canceled_when_its_time_is_over(
    api: TestClient, installation: Installation, acme: Account, pump: Pump, query: str, headers: dict[str, str]
) -> None:
    """As if its tenant had canceled it then."""
    batch, found = run(api, installation, acme, query, **headers)
    assert batch["status"] == "canceled"
    assert (len(found), set(found)) == (LINES, {"succeeded", "canceled"})
    assert installation.redis.keys("job:*") == []


@pytest.mark.parametrize("seconds", ["0.001", "0.4", "0.5", "0.52", "2"])
def test_a_deadline_passes_while_nobody_works(
    api: TestClient, installation: Installation, acme: Account, pump: Pump, seconds: str
) -> None:
    """Without a worker that runs it, every line expires once, unrun: before, while or after the pump admits it."""
    batch = api.post(URL + f"?deadline_seconds={seconds}", content=lines(*range(100)), headers=acme.headers).json()
    back = JobBack(installation.redis, worker="reaper")

    def over() -> bool:
        back.reap()
        now = api.get(batch["urls"]["self"], headers=acme.headers).json()
        return (now["status"], now["expired"]) == ("completed", 100)

    eventually(over)
    assert installation.redis.keys("job:*") == []


def test_bounds_of_both(api: TestClient, installation: Installation, acme: Account) -> None:
    """As of single jobs: milliseconds to a week, a second to a week, one of header and query."""
    installation.ready(acme)

    def refused(query: str, field: str, **headers: str) -> None:
        answer = api.post(URL + query, content=lines(1), headers={**acme.headers, **headers})
        assert assert_problem(answer, 422, "invalid_request")["field"] == field

    for value in ("0", "-1", "nan", "inf", "604801", "x", ""):
        refused(f"?deadline_seconds={value}", "deadline_seconds")
        refused(f"?cancel_after_seconds={value}", "cancel_after_seconds")
        refused("", "Cancel-After", **{"Cancel-After": value.replace("-1", "-1s") or " x"})
    refused("?cancel_after_seconds=5", "Cancel-After", **{"Cancel-After": "5"})


def test_another_deadline_is_another_request(api: TestClient, installation: Installation, acme: Account) -> None:
    """Both belong to what an Idempotency-Key stands for."""
    installation.ready(acme)
    headers = {**acme.headers, "Idempotency-Key": "k"}
    first = api.post(URL + "?deadline_seconds=60", content=lines(1), headers=headers)
    assert api.post(URL + "?deadline_seconds=60", content=lines(1), headers=headers).json()["id"] == first.json()["id"]
    assert_problem(api.post(URL, content=lines(1), headers=headers), 422, "idempotency_mismatch")
