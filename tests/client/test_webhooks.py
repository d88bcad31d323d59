"""Webhooks through the SDK, against the API itself on a port of its own; a courier process delivers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from standardwebhooks import Webhook as Verifier

import cloche
from api.app import create_app
from store.catalog import Catalog
from store.settings import StoreSettings
from tests.attacks_webhooks.listener import Answer, Listener, eventually
from tests.conftest import free_port

ALLOW = "127.0.0.0/8"


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> StoreSettings:
    data = tmp_path / "data"
    return StoreSettings(data=data, run_dir=data / "run", redis_url=redis_url, webhook_allow=ALLOW).resolved()


@pytest.fixture
def client(settings: StoreSettings) -> Iterator[cloche.Client]:
    """A client of a tenant of an API that listens."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started)
        with Catalog.open(settings.database_url) as catalog:
            tenant = catalog.tenants.create("acme")
            _, key = catalog.keys.create(tenant.id, name="test")
        with cloche.Client(f"http://127.0.0.1:{port}", key) as made:
            yield made
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def courier(settings: StoreSettings) -> Iterator[None]:
    """A courier of the same installation."""
    names = {"DATA": settings.data, "REDIS_URL": settings.redis_url, "WEBHOOK_ALLOW": ALLOW}
    environment = {**os.environ, **{f"CLOCHE_{name}": str(value) for name, value in names.items()}}
    process = subprocess.Popen([sys.executable, "-c", "from worker.courier import main; main()"], env=environment)
    yield
    process.terminate()
    process.wait()


def ended(delivery: cloche.Delivery) -> cloche.Delivery:
    """The delivery once nothing more is tried."""
    until = time.monotonic() + 60
    while delivery.refresh().state not in ("delivered", "gave_up"):
        assert time.monotonic() < until, delivery
        time.sleep(0.05)
    return delivery


def test_a_webhook_from_its_making_to_its_end(client: cloche.Client, courier: None) -> None:
    """Made, tested, verified at the receiver, rotated, changed, disabled, enabled, deleted."""
    with Listener() as listener:
        webhook = client.create_webhook(f"{listener.url}/hook", events=["job.failed"], description="the shop")
        assert (webhook.events, webhook.description, webhook.enabled) == (("job.failed",), "the shop", True)
        assert webhook.secret() == webhook.to_dict()["secret"]
        delivery = ended(webhook.test())
        assert (delivery.state, delivery.event, delivery.error) == ("delivered", "test", None)
        [request] = listener.requests
        body = Verifier(webhook.secret()).verify(request.body, request.headers)
        assert (body["type"], request.headers["webhook-id"]) == ("test", delivery.id)
        old = webhook.secret()
        assert webhook.rotate(grace_seconds=60) == webhook.secret() != old
        ended(webhook.test())
        Verifier(old).verify(listener.requests[1].body, listener.requests[1].headers)
    assert webhook.update(events=["*"], description="").events == ("*",)
    assert not webhook.disable().enabled
    assert webhook.enable().refresh().enabled
    assert [each.id for each in client.webhooks()] == [client.webhook(webhook.id).id]
    assert len(list(webhook.deliveries(state="delivered"))) == 2
    webhook.delete()
    assert client.webhooks() == []
    with pytest.raises(cloche.NotFound):
        webhook.refresh()


def test_the_tenants_own_secret_is_rotated(client: cloche.Client) -> None:
    """The new one is told by the rotation and ever after; a grace that can't be is refused and changes nothing."""
    old = client.webhook_secret()
    new = client.rotate_webhook_secret(grace_seconds=60)
    assert client.webhook_secret() == new != old
    with pytest.raises(cloche.RequestInvalid):
        client.rotate_webhook_secret(grace_seconds=-1)
    assert client.webhook_secret() == new


def test_a_delivery_that_failed_is_sent_again(client: cloche.Client, courier: None) -> None:
    """Its log tells what went wrong, and once the receiver is repaired one call sends it again."""
    answers = iter([Answer(500, body=b"no database"), Answer()])
    with Listener(lambda request: next(answers)) as listener:
        webhook = client.create_webhook(listener.url)
        delivery = ended(webhook.test())
        assert (delivery.state, delivery.error) == ("gave_up", "bad_status")
        [line] = delivery.log()
        assert (line["status"], line["detail"]) == (500, "no database")
        assert ended(client.delivery(delivery.id).redeliver()).state == "delivered"
        assert len({request.headers["webhook-id"] for request in listener.requests}) == 1


def test_a_url_nothing_may_be_sent_to_is_an_error_with_its_reason(client: cloche.Client) -> None:
    """As programs and as people read it."""
    with pytest.raises(cloche.RequestInvalid) as caught:
        client.create_webhook("https://10.0.0.1/")
    assert (caught.value.code, caught.value.extensions["reason"]) == ("webhook_url_refused", "address_refused")
    assert "private" in caught.value.detail
