"""From an ended job to an endpoint that knows: real Redis, real catalogue, real sockets, a courier process."""

from __future__ import annotations

import json
import threading
from urllib.parse import parse_qsl

import msgspec
import pytest
from standardwebhooks import Webhook

from api.responses import job_view
from store.jobs.reader import read
from store.links import open_links
from tests.attacks_webhooks.listener import Answer, Listener, eventually


def test_an_ended_job_is_told_signed(world) -> None:
    """The endpoint gets the job as the API shows it, and the tenant's secret proves who sent it."""
    with Listener() as endpoint:
        world.courier()
        [job_id] = world.end_jobs(f"{endpoint.url}/hook?x=1")
        delivery = world.wait_state(job_id, "delivered")
    [request] = endpoint.requests
    body = Webhook(world.tenant.webhook_secret).verify(request.body, request.headers)
    assert request.path == "/hook?x=1"
    assert request.headers["webhook-id"] == f"dlv_{job_id.removeprefix('job_')}"
    assert (body["type"], body["data"]["output"]) == ("job.succeeded", {"digit": 7})
    body["data"]["urls"]["output"], _, signature = body["data"]["urls"]["output"].partition("?")
    assert signature
    assert body["data"] == json.loads(msgspec.json.encode(job_view(read(world.redis, job_id))))
    assert body["timestamp"] == body["data"]["finished_at"]
    assert (delivery["attempts"], delivery["last_status"], delivery["last_detail"]) == ("1", "200", "thanks")


def test_a_failed_job_is_told_with_its_error(world) -> None:
    """A failed job's webhook is job.failed and carries type, message and traceback."""
    error = {"error_type": "model_error", "error_message": "boom", "error_traceback": "Traceback"}
    with Listener() as endpoint:
        world.courier()
        [job_id] = world.end_jobs(endpoint.url, ending="failed", output=b"", **error)
        world.wait_state(job_id, "delivered")
    body = json.loads(endpoint.requests[0].body)
    assert body["type"] == "job.failed"
    assert body["data"]["error"] == {
        "type": "model_error",
        "message": "boom",
        "traceback": "Traceback",
        "signal": None,
    }


def test_a_refusing_endpoint_is_tried_again(world) -> None:
    """A 500 is followed by a second attempt some seconds later: same id, same body, fresh signature."""
    answers = iter([Answer(500, body=b"database down"), Answer()])
    with Listener(lambda request: next(answers)) as endpoint:
        world.courier()
        [job_id] = world.end_jobs(endpoint.url)
        eventually(lambda: world.delivery(job_id).get("attempts") == "1")
        first = world.delivery(job_id)
        assert (first["last_status"], first["last_error"], first["last_detail"]) == (
            "500",
            "bad_status",
            "database down",
        )
        assert 5000 <= int(first["next_attempt_ms"]) - int(first["last_attempt_ms"]) < 8000
        assert world.wait_state(job_id, "delivered")["attempts"] == "2"
    one, two = endpoint.requests
    assert (one.headers["webhook-id"], one.body) == (two.headers["webhook-id"], two.body)
    for request in (one, two):
        Webhook(world.tenant.webhook_secret).verify(request.body, request.headers)
    assert one.headers["webhook-timestamp"] != two.headers["webhook-timestamp"]


def test_retry_after_is_respected(world) -> None:
    """An endpoint that asks for an hour's patience gets it."""
    with Listener(lambda request: Answer(429, headers={"Retry-After": "3600"})) as endpoint:
        world.courier()
        [job_id] = world.end_jobs(endpoint.url)
        eventually(lambda: world.delivery(job_id).get("attempts") == "1")
        delivery = world.delivery(job_id)
    assert int(delivery["next_attempt_ms"]) - int(delivery["last_attempt_ms"]) >= 3_600_000


@pytest.mark.parametrize(
    ("hook", "error"),
    [("http://169.254.169.254/latest/meta-data", "address_refused"), ("https://0x7f000001/", "url_refused")],
)
def test_a_url_that_can_never_work_is_given_up(world, hook: str, error: str) -> None:
    """A URL whose own address is refused is given up at the first attempt, with the reason kept."""
    world.courier()
    [job_id] = world.end_jobs(hook)
    delivery = world.wait_state(job_id, "gave_up")
    assert (delivery["attempts"], delivery["last_error"]) == ("1", error)
    assert "next_attempt_ms" not in delivery


def test_gone_means_gone(world) -> None:
    """410 ends the delivery at once."""
    with Listener(lambda request: Answer(410)) as endpoint:
        world.courier()
        [job_id] = world.end_jobs(endpoint.url)
        assert world.wait_state(job_id, "gave_up")["last_error"] == "gone"
    assert len(endpoint.requests) == 1


def test_without_an_allowlist_nothing_inside_is_reached(world) -> None:
    """The courier's default refuses loopback, whatever the tenant asked for."""
    with Listener() as inside:
        world.courier(CLOCHE_WEBHOOK_ALLOW="")
        [by_address, by_name] = world.end_jobs(inside.url, f"http://localhost:{inside.port}/")
        assert world.wait_state(by_address, "gave_up")["last_error"] == "address_refused"
        eventually(lambda: world.delivery(by_name).get("last_error") == "address_refused")
    assert inside.requests == []


def test_a_suspended_tenant_is_not_spoken_for(world) -> None:
    """Nothing is sent for a suspended tenant; the delivery waits for its next attempt."""
    world.catalog.tenants.suspend(world.tenant.id)
    with Listener() as endpoint:
        world.courier()
        [job_id] = world.end_jobs(endpoint.url)
        eventually(lambda: world.delivery(job_id).get("last_error") == "tenant_suspended")
        assert world.delivery(job_id)["state"] == "scheduled"
    assert endpoint.requests == []


def test_a_large_output_is_left_for_its_url(world) -> None:
    """Up to 64 KiB of output come along; more is null, and urls.output says where it is."""
    small, large = b'"' + b"x" * (64 * 1024 - 2) + b'"', b'"' + b"x" * (64 * 1024 - 1) + b'"'
    with Listener() as endpoint:
        world.courier()
        world.end_jobs(f"{endpoint.url}/small", output=small)
        [job_id] = world.end_jobs(f"{endpoint.url}/large", output=large)
        endpoint.wait_for(2)
    bodies = {request.path: json.loads(request.body)["data"] for request in endpoint.requests}
    assert bodies["/small"]["output"] == "x" * (64 * 1024 - 2)
    assert bodies["/large"]["output"] is None
    address, _, signature = bodies["/large"]["urls"]["output"].partition("?")
    assert address == f"/v1/jobs/{job_id}/output"
    query = dict(parse_qsl(signature))
    links = open_links(world.redis, setting="", lifetime_seconds=3600)
    assert links.opens(job_id, expires=query["expires"], signature=query["signature"])


def test_slow_endpoints_do_not_hold_up_others(world) -> None:
    """While a hundred webhooks hang on one endpoint, another's arrive; the slow one sees at most 16 at a time."""
    release = threading.Event()

    def hang(request: object) -> Answer:
        release.wait(60)
        return Answer()

    with Listener(hang) as slow, Listener() as quick:
        world.courier()
        stuck = world.end_jobs(*[slow.url] * 100)
        slow.wait_for(16)
        [job_id] = world.end_jobs(quick.url)
        world.wait_state(job_id, "delivered")
        assert len(slow.requests) == 16
        release.set()
        for each in stuck:
            world.wait_state(each, "delivered")
    assert len({request.headers["webhook-id"] for request in slow.requests}) == 100
    assert world.redis.hgetall("deliveries:busy") == {}
    assert world.redis.zcard("deliveries:scheduled") == 0
