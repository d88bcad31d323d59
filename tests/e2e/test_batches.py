"""A batch through the whole engine: API, pump, worker, real sandboxes, courier."""

from __future__ import annotations

import cloche
from tests.attacks_webhooks.listener import Listener, eventually
from tests.conftest import Engine
from tests.e2e.conftest import Customer


def test_a_batch_is_answered_in_order_and_told_once(customer: Customer, engine: Engine) -> None:
    """Every input has its result in its place, failures among them; the webhook comes once, at the end."""
    name = customer.ready("if x == 'raise':\n    raise ValueError(x)\nreturn x * 2")
    inputs = [*range(400), "raise", [1, 2]]
    with Listener() as endpoint, cloche.Client(engine.url, customer.key) as client:
        batch = client.batch(name, inputs, webhook=endpoint.url)
        results = list(batch.results(timeout=120))
        eventually(lambda: bool(endpoint.requests))
    assert [result.index for result in results] == list(range(402))
    assert [result.output for result in results] == [*(2 * n for n in range(400)), None, [1, 2, 1, 2]]
    assert results[400].status == "failed" and "ValueError" in (results[400].error or {})["traceback"]
    assert batch.counts == {"queued": 0, "running": 0, "succeeded": 401, "failed": 1, "canceled": 0, "expired": 0}
    (told,) = endpoint.requests
    assert b'"batch.completed"' in told.body and batch.id.encode() in told.body
