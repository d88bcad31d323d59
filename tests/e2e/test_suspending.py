"""An operator stops a tenant: what it asks is refused, and with --cancel nothing of it runs any more."""

from __future__ import annotations

import json
from typing import Any

import redis

from tests.conftest import Engine
from tests.e2e.conftest import Customer
from tests.e2e.test_durability import wait_for

COUNTING = "n = 0\nwhile n < x:\n    n += 1\nreturn n"
FOREVER = 10**15


def test_suspending_says_what_goes_on_and_cancel_ends_it(engine: Engine) -> None:
    """A model that computes for ever, jobs behind it and a batch: told, then ended at once; others are not touched."""
    customer = Customer(engine, engine.tenant("runaway"))
    other = Customer(engine, engine.tenant("bystander"))
    name, quiet = customer.ready(COUNTING), other.ready("return x")
    ids = [customer.http.post(f"/v1/models/{name}/jobs", json={"input": FOREVER}).json()["id"] for _ in range(6)]
    lines = "".join(json.dumps({"input": FOREVER}) + "\n" for _ in range(20))
    headers = {"Content-Type": "application/x-ndjson"}
    batch = customer.http.post(f"/v1/models/{name}/batches", content=lines, headers=headers).json()["id"]
    store = redis.Redis.from_url(engine.redis_url)
    assert wait_for(lambda: store.hget(f"job:{ids[0]}", "s") == b"running")

    told = engine.admin("tenants", "suspend", "runaway")
    assert told["queued_jobs"] > 0
    assert told["running_jobs"] > 0
    assert told["open_batches"] == 1
    refused = customer.http.post(f"/v1/models/{name}/jobs", json={"input": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "tenant_suspended")

    ended = engine.admin("tenants", "suspend", "runaway", "--cancel")
    assert ended["canceled_jobs"] >= 6
    assert ended["canceled_batches"] == 1
    assert {store.hget(f"job:{job}", "s") for job in ids} == {b"canceled"}
    assert other.ask(quiet, 1)["output"] == 1  # the workers are free again
    assert wait_for(lambda: _left(engine) == {"queued_jobs": 0, "running_jobs": 0, "open_batches": 0})

    engine.admin("tenants", "resume", "runaway")
    assert customer.ask(name, 3)["output"] == 3
    assert customer.http.get(f"/v1/batches/{batch}").json()["status"] == "canceled"


def _left(engine: Engine) -> dict[str, Any]:
    told = engine.admin("tenants", "suspend", "runaway")
    return {name: told[name] for name in ("queued_jobs", "running_jobs", "open_batches")}
