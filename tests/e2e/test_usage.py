"""What is used is counted, from a model that runs in a sandbox to the line an operator reads."""

from __future__ import annotations

import time

from tests.conftest import Engine
from tests.e2e.conftest import Customer, source

SECONDS = 0.2
BODY = f"time.sleep({SECONDS})\nreturn 'ok' if x else 1 / 0"


def test_usage_reaches_the_ledger(engine: Engine) -> None:
    """Successes, failures, the seconds the model took, the bytes in and out: the tenant and the operator agree."""
    customer = Customer(engine, engine.tenant("metered"))
    model, version = customer.upload(source(BODY, imports="import time\nimport torch\nfrom torch import nn\n"))
    assert version["status"] == "ready", version
    for value in (1, 2, 0):
        customer.ask(model, value)
    deadline = time.monotonic() + 60
    while sum((usage := customer.http.get("/v1/usage").json())["total"]["jobs"].values()) < 3:
        assert time.monotonic() < deadline, usage
        time.sleep(0.5)
    [day] = usage["days"]
    assert day["model"] == model
    assert day["jobs"] == {"succeeded": 2, "failed": 1, "platform": 0, "canceled": 0, "expired": 0}
    assert (day["input_bytes"], day["output_bytes"], day["gpu_seconds"]) == (3, 2 * len('"ok"'), 0)
    assert day["run_seconds"] >= 3 * SECONDS
    [seen] = engine.admin("usage", "metered")["usage"]
    assert (seen["run_seconds"], seen["failed"]) == (day["run_seconds"], 1)
    used = customer.http.get("/v1/quotas").json()["quotas"]["run_seconds_per_month"]["used"]
    assert used == day["run_seconds"]


def test_a_month_that_is_used_up_ends_with_a_plan(engine: Engine) -> None:
    """The plan's run seconds are spent by running; a larger plan holds with the next request."""
    customer = Customer(engine, engine.tenant("planned"))
    model, version = customer.upload(source(BODY, imports="import time\nimport torch\nfrom torch import nn\n"))
    assert version["status"] == "ready", version
    engine.admin("plans", "create", "tiny", "run_seconds_per_month=0")
    engine.admin("tenants", "plan", "planned", "tiny")
    refused = customer.http.post(f"/v1/models/{model}/jobs", json={"input": 1})
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_run_seconds")
    assert refused.json()["violated-policies"] == ["run_seconds_per_month"]
    engine.admin("plans", "set", "tiny", "run_seconds_per_month=1")
    statuses = [customer.ask(model, 1)["status"]]
    for _ in range(10):
        answer = customer.http.post(f"/v1/models/{model}/jobs", json={"input": 1}, headers={"Prefer": "wait=60"})
        statuses.append(answer.json()["code"] if answer.status_code == 429 else answer.json()["status"])
    assert statuses[0] == "succeeded"
    assert statuses[-1] == "quota_run_seconds"
    assert set(statuses) == {"succeeded", "quota_run_seconds"}
    assert customer.http.get("/v1/quotas").json()["quotas"]["run_seconds_per_month"]["used"] >= 1
    engine.admin("plans", "set", "tiny", "run_seconds_per_month=1000")
    assert customer.ask(model, 1)["status"] == "succeeded"
