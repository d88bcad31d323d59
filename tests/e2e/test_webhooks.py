"""A tenant's webhook through the whole engine: registered over HTTP, told of real jobs by the real courier."""

from __future__ import annotations

import json

import httpx
from standardwebhooks import Webhook

from tests.attacks_webhooks.listener import Listener, eventually
from tests.conftest import Engine
from tests.e2e.conftest import Customer


def test_a_webhook_is_told_of_every_job(engine: Engine) -> None:
    """A job that succeeds and one that fails, each from its start to its end, signed, and all of it in the log."""
    customer = Customer(engine, engine.tenant("listener"))
    name = customer.ready("return x * 2 if x else {}['missing']")
    before = customer.ask(name, 1)
    with Listener() as listener:
        made = customer.http.post("/v1/webhooks", json={"url": f"{listener.url}/hook"}).json()
        jobs = [customer.ask(name, value)["id"] for value in (21, 0)]
        listener.wait_for(4)
        bodies = [Webhook(made["secret"]).verify(request.body, request.headers) for request in listener.requests]
        told = sorted((body["data"]["id"], body["type"]) for body in bodies)
        assert told == sorted(
            [(jobs[0], "job.started"), (jobs[0], "job.succeeded"), (jobs[1], "job.started"), (jobs[1], "job.failed")]
        )
        outputs = {body["type"]: body["data"]["output"] for body in bodies if body["data"]["id"] == jobs[0]}
        assert outputs == {"job.started": None, "job.succeeded": 42}
        [address] = [body["data"]["urls"]["output"] for body in bodies if body["type"] == "job.succeeded"]
        fetched = httpx.get(f"{engine.url}{address}", timeout=60)
        assert (fetched.status_code, fetched.json()) == (200, 42)  # without a key
        assert before["id"] not in {body["data"]["id"] for body in bodies}
        eventually(lambda: len(_log(customer, made, "delivered")) == 4)
        canceled = customer.http.post(f"/v1/models/{name}/jobs", json={"input": 3, "deadline_seconds": 60}).json()
        customer.http.post(f"/v1/jobs/{canceled['id']}/cancel")
        eventually(lambda: len({json.loads(each.body)["data"]["id"] for each in listener.requests}) == 3)
    customer.http.delete(made["urls"]["self"])
    assert customer.http.get(made["urls"]["self"]).status_code == 404
    assert customer.ask(name, 2)["output"] == 4


def _log(customer: Customer, made: dict[str, dict[str, str]], state: str) -> list[object]:
    page = customer.http.get(f"{made['urls']['deliveries']}?state={state}").json()
    found: list[object] = page["deliveries"]
    return found
