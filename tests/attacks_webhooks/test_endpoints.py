"""Endpoints that turn hostile after they were registered: the courier's own judgement is what protects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import structlog

from policies.quotas import Quotas
from store.catalog import Catalog, WebhookEndpoint
from store.deliveries import Delivery, DeliveryDesk, DeliveryQueue, Plan, Recipient, delivery_id
from store.destinations.addresses import Allow
from store.logs import without_values
from tests.attacks_webhooks.listener import Answer, Listener
from worker.webhooks.courier import Courier
from worker.webhooks.deliverer import Deliverer
from worker.webhooks.sender import EXCERPT_BYTES, Sender
from worker.webhooks.sources import sources_of

ALLOWED = "127.0.0.2/32"  # a second loopback address stands for the public endpoint, the first for what is internal
BODY = b'{"type":"job.succeeded","data":{}}'


class Post:
    """A tenant with endpoints, and a courier in this process that sends to them by a name server of the test's."""

    def __init__(self, folder: Path, redis_url: str, authority: Any) -> None:
        self.catalog = Catalog.open(f"sqlite:///{folder}/catalog.sqlite3")
        self.connection = redis.Redis.from_url(redis_url)
        self.desk = DeliveryDesk(self.connection)
        self.tenant = self.catalog.tenants.create("acme")
        self._url = redis_url
        self._tls = authority.client()

    def endpoint(self, url: str) -> WebhookEndpoint:
        """An endpoint that got past the door: as if its URL had been harmless when it was registered."""
        events, quotas = ("*",), Quotas(webhooks=100)
        return self.catalog.endpoints.create(self.tenant.id, url=url, events=events, description="", quotas=quotas)[0]

    def send(self, *endpoints: WebhookEndpoint, resolve: Any, allow: str = ALLOWED) -> list[Delivery]:
        """One attempt of a delivery to each, and how each stands after it."""
        return asyncio.run(self._send(endpoints, resolve=resolve, allow=allow))

    async def _send(self, endpoints: tuple[WebhookEndpoint, ...], *, resolve: Any, allow: str) -> list[Delivery]:
        queue = DeliveryQueue(self._url, courier="c1")
        sender = Sender(allow=Allow.parse(allow), resolve=resolve, tls=self._tls, timeout_seconds=5.0)
        courier = Courier(queue, deliverer=Deliverer(sender, sources=sources_of(self.catalog, self.connection)))
        to = tuple(Recipient(each.url, endpoint_id=each.id) for each in endpoints)
        plan = Plan("job_1", tenant_id=self.tenant.id, event="job.succeeded", body=BODY, recipients=to)
        await queue.plan(plan)
        running = asyncio.create_task(courier.run())
        ids = [delivery_id("job_1", event="job.succeeded", endpoint_id=each.id) for each in endpoints]
        for each in ids:
            await _attempted(queue, each)
        courier.stop()
        await running
        found = [await queue.get(each) for each in ids]
        await queue.close()
        return [each for each in found if each is not None]


async def _attempted(queue: DeliveryQueue, found_id: str) -> None:
    async with asyncio.timeout(60):
        while True:
            found = await queue.get(found_id)
            if found is not None and found.attempts:
                return
            await asyncio.sleep(0.02)


@pytest.fixture
def post(tmp_path: Path, redis_url: str, authority: Any) -> Iterator[Post]:
    made = Post(tmp_path, redis_url, authority)
    yield made
    made.catalog.close()


def test_a_name_that_moves_inside_after_registration_is_not_followed(post: Post, name_server: Callable) -> None:
    """Harmless when it was registered, internal when it is sent to: refused, tried again later, counted as failing."""
    with Listener() as inside:
        endpoint = post.endpoint(f"http://rebind.example:{inside.port}/")
        names = name_server({"rebind.example": [["127.0.0.1"]]})
        [delivery] = post.send(endpoint, resolve=names)
    assert (delivery.state, delivery.last_error) == ("scheduled", "address_refused")
    assert inside.requests == []
    [health] = post.desk.health([endpoint.id])
    assert health.failures == 1


def test_no_form_of_an_internal_address_gets_through(post: Post, name_server: Callable) -> None:
    """Mapped, decimal, octal, hexadecimal, short, translated: none of them is dialled."""
    with Listener() as inside:
        hosts = ["127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1]", "[64:ff9b::7f00:1]", "2130706433",
                 "0x7f.0.0.1", "0177.0.0.1", "127.1", "mapped.example", "both.example"]  # fmt: skip
        answers = {"mapped.example": [["::ffff:127.0.0.1"]], "both.example": [["127.0.0.2", "127.0.0.1"]]}
        urls = [f"{scheme}://{host}:{inside.port}/" for host in hosts for scheme in ("http", "https")]
        endpoints = [post.endpoint(url) for url in urls]
        found = post.send(*endpoints, resolve=name_server(answers))
    assert {each.last_error for each in found} <= {"address_refused", "url_refused"}
    assert len(found) == len(endpoints)
    assert inside.requests == []


def test_a_redirect_inside_is_not_followed(post: Post, name_server: Callable) -> None:
    """An endpoint that answers 302 has failed, and what it points at hears nothing."""
    with Listener() as inside:
        there = {"Location": f"{inside.url}/secret"}
        with Listener(lambda request: Answer(302, headers=there), host="127.0.0.2") as outside:
            [delivery] = post.send(post.endpoint(outside.url), resolve=name_server({}))
    assert (delivery.last_status, delivery.last_error, delivery.state) == (302, "redirected", "scheduled")
    assert inside.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2:{port}/\r\nX-Evil: 1",
        "http://127.0.0.2:{port}/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "http://127.0.0.2:{port}\r\nX-Evil: 1/",
        "http://127.0.0.2:{port}/\x00",
        "http://127.0.0.2:{port}/\u010d\u010a",
    ],
)
def test_a_url_with_lines_in_it_sends_nothing(post: Post, name_server: Callable, url: str) -> None:
    """Should such a URL ever be stored, no header and no second request comes of it."""
    with Listener(host="127.0.0.2") as outside:
        [delivery] = post.send(post.endpoint(url.format(port=outside.port)), resolve=name_server({}))
    assert (delivery.state, delivery.last_error) == ("gave_up", "url_refused")
    assert outside.requests == []


def test_a_huge_answer_leaves_its_start_only(post: Post, name_server: Callable) -> None:
    """Megabytes of answer cost a kilobyte in the log, escaped."""
    flood = b"\x1b]0;owned\x07" + b"\xff" * 8_000_000
    with Listener(lambda request: Answer(500, body=flood), host="127.0.0.2") as outside:
        [delivery] = post.send(post.endpoint(outside.url), resolve=name_server({}))
    [line] = post.desk.attempts(delivery.id)
    assert line.detail.startswith("\\x1b]0;owned\\x07\\xff")
    assert len(line.detail) <= EXCERPT_BYTES
    assert line.detail.isprintable()


@pytest.fixture
def own_logs() -> Iterator[None]:
    """Logs as every process of the server writes them."""
    # Not by configure_logs(): it makes loggers remember what they are, and other tests want to listen to them.
    structlog.configure(processors=[without_values, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


def test_a_secret_is_never_logged(
    post: Post,
    own_logs: None,
    name_server: Callable,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither where it arrives, nor where it fails, nor where our own code breaks with the secret in its hands."""
    caplog.set_level(logging.DEBUG)
    with Listener(host="127.0.0.2") as good, Listener(lambda request: Answer(410), host="127.0.0.2") as gone:
        endpoints = [post.endpoint(good.url), post.endpoint(gone.url), post.endpoint("http://127.0.0.2:1/")]
        secrets = [post.catalog.endpoints.secrets(each.id)[0].secret for each in endpoints]

        async def broken(host: str, port: int) -> list[str]:
            raise RuntimeError("a bug")

        endpoints.append(post.endpoint("http://bug.example/"))
        secrets.append(post.catalog.endpoints.secrets(endpoints[-1].id)[0].secret)
        post.send(*endpoints, resolve=broken)
    printed = "".join(capsys.readouterr()) + caplog.text
    assert "webhook_attempt_broke" in printed
    assert "webhook_disabled" in printed
    assert "whsec_" not in printed
    assert not any(secret.removeprefix("whsec_") in printed for secret in secrets)
    kept = [post.connection.lrange(key, 0, -1) for key in post.connection.keys("deliveries:attempts:*")]
    assert len(kept) == 4
    assert "whsec_" not in repr(kept)
