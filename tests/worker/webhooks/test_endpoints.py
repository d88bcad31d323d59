"""A tenant's endpoints: who is told what, signed with what, and what becomes of endpoints that don't answer well."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from store.catalog.endpoints import Changes
from store.catalog.tables import TenantSecretRow
from store.deliveries import DeliveryDesk, Due, announce, delivery_id
from store.generations import bump, current
from tests.attacks_webhooks.listener import Answer, Listener, eventually
from worker.webhooks import payload
from worker.webhooks.deliverer import DISABLE_FAILURES
from worker.webhooks.planner import plan_of
from worker.webhooks.sources import sources_of

NO_URL = ""


def test_every_endpoint_that_asks_is_told_once(world) -> None:
    """Each enabled endpoint whose filter matches, and the job's own URL, get the end: each its id and its signature."""
    with Listener() as listener:
        all_ = world.endpoint(f"{listener.url}/all")
        some = world.endpoint(f"{listener.url}/some", "job.succeeded", "job.canceled")
        world.endpoint(f"{listener.url}/other", "job.failed", "batch.completed")
        off = world.endpoint(f"{listener.url}/off")
        world.catalog.endpoints.disable(off.id, reason="by_tenant", note="")
        stranger = world.catalog.tenants.create("stranger")
        world.endpoint(f"{listener.url}/stranger", tenant_id=stranger.id)
        world.courier()
        [job_id] = world.end_jobs(f"{listener.url}/own")
        for endpoint in (all_, some):
            eventually(lambda endpoint=endpoint: world.told(endpoint, job_id).get("state") == "delivered")
        world.wait_state(job_id, "delivered")
        eventually(lambda: world.told(all_, job_id, event="job.started").get("state") == "delivered")
    got = sorted((request.path, json.loads(request.body)["type"]) for request in listener.requests)
    assert got == [
        ("/all", "job.started"),
        ("/all", "job.succeeded"),
        ("/own", "job.succeeded"),
        ("/some", "job.succeeded"),
    ]
    assert len({request.headers["webhook-id"] for request in listener.requests}) == 4
    secrets = {"/all": world.secret(all_), "/some": world.secret(some), "/own": world.tenant.webhook_secret}
    for request in listener.requests:
        Webhook(secrets[request.path]).verify(request.body, request.headers)


def test_an_endpoint_made_while_a_job_runs_hears_of_its_end(world) -> None:
    """Though no endpoint asked for anything when the job was admitted."""

    def register() -> None:
        world.endpoint(listener.url, "job.succeeded")
        bump(world.redis, world.tenant.id)  # as the API does before it answers

    with Listener() as listener:
        world.courier()
        [job_id] = world.end_jobs(NO_URL, meanwhile=register)
        listener.wait_for(1)
    body = json.loads(listener.requests[0].body)
    assert (body["type"], body["data"]["id"]) == ("job.succeeded", job_id)


def test_a_start_is_told_as_it_was(world) -> None:
    """job.started shows a running job: no output, no end, though it has ended by the time it is told."""
    with Listener() as listener:
        world.endpoint(listener.url, "job.started")
        [job_id] = world.end_jobs(NO_URL, logs="printed")
        world.courier()
        listener.wait_for(1)
    body = json.loads(listener.requests[0].body)
    assert (body["type"], body["data"]["id"], body["data"]["status"]) == ("job.started", job_id, "running")
    data = body["data"]
    assert (data["output"], data["finished_at"], data["predict_seconds"], data["logs"]) == (None, None, None, "")
    assert body["timestamp"] == data["started_at"]


def test_while_the_tenants_secret_is_rotated_both_verify(world) -> None:
    """What goes to a job's own URL carries both signatures until the old secret lapses, then the new one's alone."""
    with Listener() as listener:
        old = world.tenant.webhook_secret
        new = world.catalog.tenant_secrets.rotate(world.tenant.id, grace_seconds=3600)[0].secret
        world.courier()
        world.end_jobs(listener.url)
        listener.wait_for(1)
        with world.catalog._database.write() as session:  # as if the hour were over
            session.execute(update(TenantSecretRow).values(expires_at=datetime.now(UTC)))
        world.end_jobs(listener.url)
        listener.wait_for(2)
    first, second = listener.requests
    for request in (first, second):
        Webhook(new).verify(request.body, request.headers)
    Webhook(old).verify(first.body, first.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(second.body, second.headers)
    assert [len(each.headers["webhook-signature"].split()) for each in (first, second)] == [2, 1]


def test_during_a_rotation_both_secrets_verify(world) -> None:
    """Until the old secret's grace is over each request carries both signatures; afterwards the new one alone."""
    with Listener() as listener:
        endpoint = world.endpoint(listener.url, "job.succeeded")
        old = world.secret(endpoint)
        new = world.catalog.endpoints.rotate(endpoint.id)[1].secret
        world.courier()
        world.end_jobs(NO_URL)
        listener.wait_for(1)
        world.catalog.endpoints.rotate(endpoint.id, grace_seconds=0)
        newest = world.secret(endpoint)
        world.end_jobs(NO_URL)
        listener.wait_for(2)
    first, second = listener.requests
    for secret in (old, new):
        Webhook(secret).verify(first.body, first.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(second.body, second.headers)
    Webhook(newest).verify(second.body, second.headers)
    assert [len(each.headers["webhook-signature"].split()) for each in (first, second)] == [2, 1]


def test_gone_disables_at_once(world) -> None:
    """410: the endpoint is disabled with the reason, every API process hears of it, and nothing more is sent."""
    with Listener(lambda request: Answer(410)) as listener:
        endpoint = world.endpoint(listener.url, "job.succeeded")
        world.courier()
        before = current(world.redis, world.tenant.id)
        [job_id] = world.end_jobs(NO_URL)
        eventually(lambda: world.told(endpoint, job_id).get("state") == "gave_up")
        assert world.told(endpoint, job_id)["last_error"] == "gone"
        found = world.catalog.endpoints.get(endpoint.id)
        assert (found.enabled, found.disabled_reason) == (False, "gone")
        assert "410" in found.disabled_note
        assert current(world.redis, world.tenant.id) > before
        assert world.catalog.terms(world.tenant.id).listening == 0
    assert len(listener.requests) == 1


def test_a_job_admitted_before_its_endpoint_was_disabled_is_told_to_nobody(world) -> None:
    """What was on its way to an endpoint that is disabled by then ends in the log, with that as its reason."""
    with Listener(lambda request: Answer(503)) as listener:
        endpoint = world.endpoint(listener.url, "job.succeeded")
        world.courier()
        [job_id] = world.end_jobs(NO_URL)
        eventually(lambda: world.told(endpoint, job_id).get("attempts") == "1")
        world.catalog.endpoints.disable(endpoint.id, reason="by_tenant", note="")
        eventually(lambda: world.told(endpoint, job_id).get("state") == "gave_up")
        assert world.told(endpoint, job_id)["last_error"] == "webhook_disabled"
    assert len(listener.requests) == 1


def test_a_deleted_endpoint_is_told_nothing(world) -> None:
    """A retry that is due after the endpoint was deleted is given up."""
    with Listener(lambda request: Answer(503)) as listener:
        endpoint = world.endpoint(listener.url, "job.succeeded")
        world.courier()
        [job_id] = world.end_jobs(NO_URL)
        eventually(lambda: world.told(endpoint, job_id).get("attempts") == "1")
        world.catalog.endpoints.delete(endpoint.id)
        eventually(lambda: world.told(endpoint, job_id).get("last_error") == "webhook_deleted")
    assert len(listener.requests) == 1


def test_days_of_nothing_but_failures_disable(world) -> None:
    """An endpoint that has failed for the days of the setting, often enough, is disabled and says since when."""
    with Listener(lambda request: Answer(500)) as listener:
        endpoint = world.endpoint(listener.url, "job.succeeded")
        world.courier()
        world.end_jobs(*[NO_URL] * (DISABLE_FAILURES + 2))
        listener.wait_for(DISABLE_FAILURES + 2)
        health = f"deliveries:health:{endpoint.id}"
        eventually(lambda: int(world.redis.hget(health, "failures") or 0) >= DISABLE_FAILURES + 2)
        assert world.catalog.endpoints.get(endpoint.id).enabled
        six_days_ago = datetime.now(UTC) - timedelta(days=6)
        world.redis.hset(health, "failing_since_ms", int(six_days_ago.timestamp() * 1000))
        world.end_jobs(NO_URL)
        eventually(lambda: not world.catalog.endpoints.get(endpoint.id).enabled)
    found = world.catalog.endpoints.get(endpoint.id)
    assert found.disabled_reason == "failing"
    assert f"{six_days_ago:%Y-%m-%d}" in found.disabled_note
    assert "status 500" in found.disabled_note


def test_one_success_starts_the_days_anew(world) -> None:
    """Failures count from the last success on; a few in a quiet week are not enough."""
    answers = iter([Answer(500), Answer(), Answer(500)])
    with Listener(lambda request: next(answers)) as listener:
        endpoint = world.endpoint(listener.url, "job.succeeded")
        health = f"deliveries:health:{endpoint.id}"
        world.courier()
        world.end_jobs(NO_URL)
        eventually(lambda: world.redis.hget(health, "failures") == b"1")
        world.redis.hset(health, "failing_since_ms", 1)
        world.end_jobs(NO_URL)
        eventually(lambda: world.redis.hget(health, "last_success_ms") is not None)
        assert world.redis.hmget(health, "failing_since_ms", "failures") == [None, None]
        world.end_jobs(NO_URL)
        eventually(lambda: world.redis.hget(health, "failures") == b"1")
        assert int(world.redis.hget(health, "failing_since_ms")) > (time.time() - 3600) * 1000
    assert world.catalog.endpoints.get(endpoint.id).enabled


def test_a_changed_url_takes_what_waits_with_it(world) -> None:
    """A retry goes to the URL the endpoint has by then, under the same id."""
    with Listener(lambda request: Answer(500)) as wrong, Listener() as right:
        endpoint = world.endpoint(wrong.url, "job.succeeded")
        world.courier()
        [job_id] = world.end_jobs(NO_URL)
        eventually(lambda: world.told(endpoint, job_id).get("attempts") == "1")
        world.catalog.endpoints.update(endpoint.id, Changes(url=right.url), tenant_id=world.tenant.id)
        eventually(lambda: world.told(endpoint, job_id).get("state") == "delivered")
    assert wrong.requests[0].headers["webhook-id"] == right.requests[0].headers["webhook-id"]


def test_what_is_no_job_is_told_too(world) -> None:
    """An event that some other part announces reaches the endpoints that ask for it and its own URL, once each."""
    with Listener() as listener:
        asking = world.endpoint(f"{listener.url}/asking", "batch.completed")
        world.endpoint(f"{listener.url}/deaf", "job.succeeded")
        due = Due("bat_01", "batch.completed", world.tenant.id, 1_700_000_000_000, f"{listener.url}/own", {"count": 7})
        announce(world.redis, due)
        announce(world.redis, due)
        world.courier()
        listener.wait_for(2)
        eventually(lambda: not world.redis.exists("webhooks:due"))
        eventually(lambda: world.redis.hget("deliveries:stats", "delivered") == b"2")
    bodies = {request.path: json.loads(request.body) for request in listener.requests}
    told = {"type": "batch.completed", "timestamp": "2023-11-14T22:13:20.000Z", "data": {"count": 7}}
    assert bodies == {"/asking": told, "/own": told}
    ids = {request.path: request.headers["webhook-id"] for request in listener.requests}
    assert ids["/asking"] == delivery_id("bat_01", event="batch.completed", endpoint_id=asking.id)


def test_an_end_whose_record_is_gone_is_still_told(world) -> None:
    """A job that expired before any courier looked is told with what is left: its id, its state, its addresses."""
    with Listener() as listener:
        [job_id] = world.end_jobs(listener.url)
        world.redis.delete(f"job:{job_id}", f"out:{job_id}")
        world.courier()
        world.wait_state(job_id, "delivered")
        eventually(lambda: '"webhook_attempted"' in world.couriers[0].log)  # written after the attempt is on record
        lines = [json.loads(line) for line in world.couriers[0].log.splitlines()]
    assert {"courier_started", "webhook_without_record", "webhook_attempted"} <= {line["event"] for line in lines}
    data = json.loads(listener.requests[0].body)["data"]
    assert (data["id"], data["status"], data["record_expired"]) == (job_id, "succeeded", True)


def test_a_crash_after_planning_plans_nothing_twice(world) -> None:
    """The same entry planned by two couriers, one of them dead in between, is one delivery for each endpoint."""
    with Listener() as listener:
        endpoint = world.endpoint(listener.url, "job.succeeded")
        [job_id] = world.end_jobs(NO_URL)
        entry = world.redis.lindex("webhooks:due", 0)
        world.redis.rpush("webhooks:due", entry, entry)
        world.courier()
        eventually(lambda: world.told(endpoint, job_id).get("state") == "delivered")
        eventually(lambda: not world.redis.exists("webhooks:due"))
        eventually(lambda: not world.redis.keys("deliveries:taken:*"))
    assert len(listener.requests) == 1
    assert world.redis.hget("deliveries:stats", "planned") == b"1"


def test_a_dead_endpoint_holds_up_nobody(world) -> None:
    """While one tenant's endpoints hang, all of them and with many deliveries, another tenant's delivery arrives."""
    release = threading.Event()

    def hang(request: object) -> Answer:
        release.wait(60)
        return Answer()

    other = world.catalog.tenants.create("other")
    with Listener(hang) as slow, Listener() as quick:
        for number in range(5):
            world.endpoint(f"{slow.url}/{number}", "job.succeeded")
        theirs = world.endpoint(quick.url, "job.succeeded", tenant_id=other.id)
        world.courier()
        world.end_jobs(*[NO_URL] * 40)
        slow.wait_for(64)
        [job_id] = world.end_jobs(NO_URL, tenant_id=other.id)
        eventually(lambda: world.told(theirs, job_id).get("state") == "delivered")
        busy = {name.decode(): int(value) for name, value in world.redis.hgetall("deliveries:busy").items()}
        assert busy[world.tenant.id] == len(slow.requests) == 64
        assert max(count for name, count in busy.items() if "whk_" in name) <= 16
        release.set()
        eventually(lambda: world.redis.hgetall("deliveries:waiting") == {})


def test_every_attempt_is_in_the_log(world) -> None:
    """Time, duration, status, error and the answer's start, with everything unprintable escaped, for each attempt."""
    hostile = b"\x1b[31mred\x1b[0m \xff\x00" + "\u202eevil".encode() + b"A" * 5000
    answers = iter([Answer(500, body=hostile), Answer(204, body=b"")])
    with Listener(lambda request: next(answers)) as listener:
        endpoint = world.endpoint(listener.url, "job.succeeded")
        world.courier()
        [job_id] = world.end_jobs(NO_URL)
        eventually(lambda: world.told(endpoint, job_id).get("state") == "delivered")
    desk = DeliveryDesk(world.redis)
    found_id = delivery_id(job_id, event="job.succeeded", endpoint_id=endpoint.id)
    first, second = desk.attempts(found_id)
    assert (first.status, first.error, second.status, second.error) == (500, "bad_status", 204, "")
    assert first.detail.startswith("\\x1b[31mred\\x1b[0m \\xff\\x00\\u202eevilAAA")
    assert len(first.detail) <= 1024
    assert first.detail.isprintable()
    assert second.at_ms - first.at_ms >= 5000
    assert 0 <= first.duration_ms < 60_000
    [listed] = desk.page(endpoint.id, limit=10).deliveries
    assert (listed.id, listed.state, listed.attempts) == (found_id, "delivered", 2)


def test_the_log_is_bounded(world) -> None:
    """Ended deliveries beyond the number kept for a tenant are forgotten whole, the oldest first."""
    with Listener() as listener:
        endpoint = world.endpoint(listener.url, "job.succeeded")
        world.courier(CLOCHE_WEBHOOK_LOG_COUNT="5")
        for _ in range(4):
            world.end_jobs(*[NO_URL] * 5)
        eventually(lambda: world.redis.hget("deliveries:stats", "delivered") == b"20")
        eventually(lambda: world.redis.zcard(f"deliveries:log:{endpoint.id}") == 5)
    assert len(world.redis.keys("delivery:*")) == 5
    assert len(world.redis.keys("deliveries:attempts:*")) == 5
    assert world.redis.zcard(f"deliveries:ended:{world.tenant.id}") == 5
    assert len(DeliveryDesk(world.redis).page(endpoint.id, limit=50).deliveries) == 5


def test_what_cannot_be_put_into_words_is_told_in_few(world, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job whose body can't be built holds up no other, and its end is told without it."""

    def broken(*_: object, **__: object) -> bytes:
        raise ValueError("what a model wrote")

    monkeypatch.setattr(payload, "build", broken)
    world.endpoint("https://hooks.example/", "job.succeeded")
    [job_id] = world.end_jobs(NO_URL)
    sources = sources_of(world.catalog, world.redis)
    plan = plan_of(world.redis.lindex("webhooks:due", 0), sources)
    assert plan is not None
    body = json.loads(plan.body)
    assert (body["type"], body["data"]["id"], body["data"]["record_expired"]) == ("job.succeeded", job_id, False)
