"""/v1/webhooks and /v1/deliveries: registered, changed, rotated, tested, read and asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.destinations import Destinations
from policies.events import mask_of
from store.deliveries import DeliveryQueue, Plan, Recipient, delivery_id
from store.destinations.addresses import Allow
from store.generations import current
from tests.api.conftest import Account, Installation, assert_problem, submit

URL = "https://hooks.example/cloche"
PUBLIC = "93.184.215.14"


class Names:
    """A name server: what each name answers; names it doesn't know have no address."""

    def __init__(self, **names: Sequence[str]) -> None:
        self.names = {name.replace("_", "."): answers for name, answers in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.names:
            raise OSError(-2, "Name or service not known")
        return self.names[host]


@pytest.fixture(autouse=True)
def names(api: TestClient) -> Names:
    """The API's name server is the test's own."""
    found = Names(hooks_example=[PUBLIC])
    api.app.state.parts.destinations = Destinations(Allow(), found)  # type: ignore[attr-defined]  # always our FastAPI
    return found


Make = Callable[..., dict[str, Any]]


@pytest.fixture
def make(api: TestClient, acme: Account) -> Make:
    """Registers a webhook."""

    def build(account: Account = acme, **fields: Any) -> dict[str, Any]:
        response = api.post("/v1/webhooks", json={"url": URL, **fields}, headers=account.headers)
        assert response.status_code == 201, response.text
        body: dict[str, Any] = response.json()
        return body

    return build


def courier(installation: Installation, step: Callable[[DeliveryQueue], Any]) -> Any:
    """One step of a courier on the installation's Redis."""

    async def run() -> Any:
        queue = DeliveryQueue(installation.settings.redis_url, courier="c1")
        try:
            return await step(queue)
        finally:
            await queue.close()

    return asyncio.run(run())


def attempt(installation: Installation, *, ending: str = "delivered", **report: Any) -> list[str]:
    """Claim everything that is due and report the same of each; the ids."""

    async def step(queue: DeliveryQueue) -> list[str]:
        claimed, _ = await queue.claim(room=100)
        for each in claimed:
            await queue.finish(each, ending=ending, **report)  # type: ignore[arg-type]  # one of three
        return [each.id for each in claimed]

    found: list[str] = courier(installation, step)
    return found


def plan(installation: Installation, account: Account, webhook: str, *subjects: str, body: bytes = b"{}") -> list[str]:
    """Deliveries of ended jobs to a webhook, or with an empty one to a job's own URL; their ids."""
    event = "job.succeeded"
    for subject in subjects:
        to = (Recipient(URL, endpoint_id=webhook),)
        made = Plan(subject, tenant_id=account.tenant.id, event=event, body=body, recipients=to)
        courier(installation, lambda queue, made=made: queue.plan(made))
    return [delivery_id(subject, event=event, endpoint_id=webhook) for subject in subjects]


def test_a_webhook_is_registered_and_shown(api: TestClient, acme: Account, make: Make) -> None:
    """Its secret is in the answer that makes it, and in no other but the one that is asked for secrets."""
    made = make(description="the shop", events=["job.failed", "job.failed", "batch.completed"])
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert (made["url"], made["description"], made["enabled"]) == (URL, "the shop", True)
    assert made["events"] == ["job.failed", "batch.completed"]
    assert api.get(made["urls"]["self"], headers=acme.headers).json() == made
    assert api.get("/v1/webhooks", headers=acme.headers).json() == {"webhooks": [made]}
    answer = api.get(made["urls"]["secret"], headers=acme.headers)
    assert (answer.json()["secret"], answer.json()["previous"]) == (secret, [])
    assert answer.headers["cache-control"] == "no-store"


def test_everything_is_the_default(make: Make) -> None:
    """A URL is enough."""
    assert make()["events"] == ["*"]


def test_who_listens_is_known_from_the_next_request_on(
    api: TestClient, acme: Account, installation: Installation, make: Make
) -> None:
    """Registering, changing and deleting a webhook are in force with the next job, in every API process."""

    def known() -> int:
        assert submit(api, acme).status_code == 202
        return int(installation.redis.hget(f"load:{acme.tenant.id}", "ev") or b"-1")

    installation.ready(acme)
    assert known() == 0
    made = make(events=["job.failed"])
    assert known() == mask_of(["job.failed"])
    path = made["urls"]["self"]
    assert api.patch(path, json={"events": ["job.started"]}, headers=acme.headers).status_code == 200
    assert known() == mask_of(["job.started"])
    assert api.patch(path, json={"enabled": False}, headers=acme.headers).json()["disabled_reason"] == "by_tenant"
    assert known() == 0
    assert api.patch(path, json={"enabled": True}, headers=acme.headers).json()["enabled"]
    assert known() == mask_of(["job.started"])
    assert api.delete(path, headers=acme.headers).status_code == 204
    assert known() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, None),
        ({"url": 1}, None),
        ({"url": URL, "secret": "whsec_mine"}, None),
        ({"url": URL, "events": []}, "events"),
        ({"url": URL, "events": ["job.exploded"]}, "events"),
        ({"url": URL, "events": "job.failed"}, None),
        ({"url": URL, "description": "two\r\nlines: yes"}, "description"),
        ({"url": URL, "description": "\u202egnp"}, "description"),
        ({"url": URL, "description": "\x00"}, "description"),
        ({"url": URL, "description": "x" * 501}, "description"),
    ],
)
def test_what_is_not_right_is_refused(api: TestClient, acme: Account, body: Any, field: str | None) -> None:
    """Unknown events and fields, lines that aren't one, wrong types; nothing is stored."""
    response = api.post("/v1/webhooks", json=body, headers=acme.headers)
    problem = assert_problem(response, 422, "invalid_request")
    assert problem.get("field") == field
    assert api.get("/v1/webhooks", headers=acme.headers).json() == {"webhooks": []}


def test_a_body_that_is_no_json_is_refused(api: TestClient, acme: Account) -> None:
    """As everywhere."""
    for content in (b"", b"{", b"\xff"):
        assert_problem(api.post("/v1/webhooks", content=content, headers=acme.headers), 400, "invalid_json")
    huge = b'{"url": "' + b"x" * 10_000 + b'"}'
    assert_problem(api.post("/v1/webhooks", content=huge, headers=acme.headers), 413, "body_too_large")


def test_the_quota_bounds_them(api: TestClient, acme: Account, installation: Installation, make: Make) -> None:
    """One more than the quota is refused, with how many there are and may be."""
    installation.quotas(acme, webhooks=1)
    make()
    problem = assert_problem(api.post("/v1/webhooks", json={"url": URL}, headers=acme.headers), 403, "quota_webhooks")
    assert (problem["limit"], problem["used"]) == (1, 1)


def test_the_secret_is_rotated(api: TestClient, acme: Account, make: Make) -> None:
    """The new secret is in force at once, the old one until its grace is over."""
    made = make()
    path = f"{made['urls']['self']}/rotate"
    rotated = api.post(path, headers=acme.headers).json()
    assert rotated["secret"] != made["secret"]
    [previous] = rotated["previous"]
    assert (previous["secret"], previous["expires_at"] > rotated["created_at"]) == (made["secret"], True)
    assert api.get(made["urls"]["secret"], headers=acme.headers).json() == rotated
    last = api.post(path, json={"grace_seconds": 0}, headers=acme.headers).json()
    assert last["previous"] == []
    for wrong in ({"grace_seconds": -1}, {"grace_seconds": 604_801}, {"grace_seconds": "1"}, {"grace": 1}):
        assert_problem(api.post(path, json=wrong, headers=acme.headers), 422, "invalid_request")


def test_the_tenants_own_secret_is_rotated(
    api: TestClient, acme: Account, other: Account, installation: Installation
) -> None:
    """As an endpoint's: the new one at once, the old one for a day or as long as is said; nobody else's changes."""
    path = "/v1/webhooks/secret"
    first, theirs = (api.get(path, headers=each.headers).json() for each in (acme, other))
    assert (first["secret"], first["previous"]) == (acme.tenant.webhook_secret, [])
    before = current(installation.redis, acme.tenant.id)
    answer = api.post(f"{path}/rotate", headers=acme.headers)
    rotated = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert current(installation.redis, acme.tenant.id) == before + 1
    assert rotated["secret"] != first["secret"]
    [previous] = rotated["previous"]
    times = [datetime.fromisoformat(each) for each in (rotated["created_at"], previous["expires_at"])]
    assert (previous["secret"], times[1] - times[0]) == (first["secret"], timedelta(days=1))
    assert api.get(path, headers=acme.headers).json() == rotated
    last = api.post(f"{path}/rotate", json={"grace_seconds": 0}, headers=acme.headers).json()
    assert last["previous"] == []
    for wrong in ({"grace_seconds": -1}, {"grace_seconds": 604_801}, {"grace_seconds": "1"}, {"grace": 1}):
        assert_problem(api.post(f"{path}/rotate", json=wrong, headers=acme.headers), 422, "invalid_request")
    assert api.get(path, headers=acme.headers).json() == last
    assert api.get(path, headers=other.headers).json() == theirs


def test_a_test_is_sent_once(api: TestClient, acme: Account, installation: Installation, make: Make) -> None:
    """A test is a delivery like others, whatever the filter; it can be looked at, and says nothing of the endpoint."""
    made = make(events=["batch.completed"])
    answer = api.post(f"{made['urls']['self']}/test", headers=acme.headers)
    assert answer.status_code == 202
    planned = answer.json()
    assert (planned["event"], planned["state"], planned["webhook"]) == ("test", "scheduled", made["id"])
    assert answer.headers["location"] == planned["urls"]["self"]
    assert attempt(installation, status=204) == [planned["id"]]
    found = api.get(planned["urls"]["self"], headers=acme.headers).json()
    assert (found["state"], found["status"], [line["status"] for line in found["log"]]) == ("delivered", 204, [204])


def test_a_disabled_webhook_is_not_tested(api: TestClient, acme: Account, make: Make) -> None:
    """Enable it first."""
    path = make()["urls"]["self"]
    api.patch(path, json={"enabled": False}, headers=acme.headers)
    assert_problem(api.post(f"{path}/test", headers=acme.headers), 409, "webhook_disabled")


def test_tests_and_redeliveries_are_not_a_cannon(
    api: TestClient, acme: Account, installation: Installation, make: Make
) -> None:
    """Sixty a minute, then 429: nobody makes this engine knock at a stranger's door as fast as it can."""
    made = make()
    path = f"{made['urls']['self']}/test"
    for _ in range(59):
        assert api.post(path, headers=acme.headers).status_code == 202
    [found] = plan(installation, acme, made["id"], "job_1")
    assert api.post(f"/v1/deliveries/{found}/redeliver", headers=acme.headers).status_code == 202
    response = api.post(path, headers=acme.headers)
    assert_problem(response, 429, "asked_too_often")
    assert response.headers["retry-after"] == "60"
    assert_problem(api.post(f"/v1/deliveries/{found}/redeliver", headers=acme.headers), 429, "asked_too_often")


def test_the_log_is_paged_and_filtered(api: TestClient, acme: Account, installation: Installation, make: Make) -> None:
    """Newest first, each once, by state where that is asked; a cursor is what an earlier answer gave."""
    made = make()
    ids = plan(installation, acme, made["id"], *[f"job_{number}" for number in range(5)])
    attempt(installation, ending="gave_up", status=500, error="bad_status", detail="no")
    ids += plan(installation, acme, made["id"], *[f"job_{number}" for number in range(5, 7)])
    path = made["urls"]["deliveries"]
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"{path}?limit=3{cursor}", headers=acme.headers).json()
        seen += [each["id"] for each in page["deliveries"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == sorted(ids)
    assert set(seen[:2]) == set(ids[5:])
    failed = api.get(f"{path}?state=gave_up", headers=acme.headers).json()["deliveries"]
    assert {each["id"] for each in failed} == set(ids[:5])
    assert {(each["status"], each["error"]) for each in failed} == {(500, "bad_status")}
    for wrong in ("state=lost", "cursor=x", "cursor=0000000000000:dlv_%00", "limit=0", "page=2"):
        assert_problem(api.get(f"{path}?{wrong}", headers=acme.headers), 422, "invalid_request")


def test_urls_that_came_with_jobs_have_a_log_too(api: TestClient, acme: Account, installation: Installation) -> None:
    """It is the tenant's."""
    [found] = plan(installation, acme, "", "job_1")
    [listed] = api.get("/v1/deliveries", headers=acme.headers).json()["deliveries"]
    assert (listed["id"], listed["webhook"], listed["subject"]) == (found, None, "job_1")


def test_an_ended_delivery_is_sent_again(
    api: TestClient, acme: Account, installation: Installation, make: Make
) -> None:
    """Under the same id, with the same body, at once; a delivery that waits for its next attempt goes at once, too."""
    made = make()
    [found] = plan(installation, acme, made["id"], "job_1", body=b'{"a":1}')
    attempt(installation, ending="gave_up", error="timed_out")
    assert attempt(installation) == []
    again = api.post(f"/v1/deliveries/{found}/redeliver", headers=acme.headers)
    assert (again.status_code, again.json()["state"], again.json()["ended_at"]) == (202, "scheduled", None)

    async def bodies(queue: DeliveryQueue) -> list[Any]:
        claimed, _ = await queue.claim(room=9)
        assert_problem(api.post(f"/v1/deliveries/{found}/redeliver", headers=acme.headers), 409, "delivery_under_way")
        await queue.finish(claimed[0], ending="retry", delay_seconds=3600, status=503, error="bad_status")
        return [(each.id, each.body, each.attempts) for each in claimed]

    assert courier(installation, bodies) == [(found, b'{"a":1}', 0)]
    assert attempt(installation) == []
    assert api.post(f"/v1/deliveries/{found}/redeliver", headers=acme.headers).status_code == 202
    assert attempt(installation) == [found]
    log = api.get(f"/v1/deliveries/{found}", headers=acme.headers).json()["log"]
    assert [line["error"] for line in log] == ["timed_out", "bad_status", None]
    assert installation.redis.hgetall("deliveries:waiting") == {}


def test_what_is_gone_is_not_sent_again(api: TestClient, acme: Account, installation: Installation, make: Make) -> None:
    """A long body is let go with the delivery's end; without its job there is nothing left to say."""
    made = make()
    [found] = plan(installation, acme, made["id"], "job_1", body=b"x" * 5000)
    attempt(installation)
    path = f"/v1/deliveries/{found}/redeliver"
    assert_problem(api.post(path, headers=acme.headers), 409, "delivery_gone")
    installation.redis.hset("job:job_1", "t", acme.tenant.id)
    assert api.post(path, headers=acme.headers).status_code == 202
    api.patch(made["urls"]["self"], json={"enabled": False}, headers=acme.headers)
    assert_problem(api.post(path, headers=acme.headers), 409, "webhook_disabled")
    api.delete(made["urls"]["self"], headers=acme.headers)
    assert_problem(api.post(path, headers=acme.headers), 409, "delivery_gone")


def test_too_many_that_wait_are_given_up_and_say_so(
    api: TestClient, acme: Account, installation: Installation, make: Make
) -> None:
    """Beyond a tenant's backlog an event ends in the log at once; tests and redeliveries are refused."""
    made = make()
    [ended] = plan(installation, acme, made["id"], "job_0")
    attempt(installation)
    installation.redis.hset("deliveries:waiting", acme.tenant.id, 10_000)
    [found] = plan(installation, acme, made["id"], "job_1")
    shown = api.get(f"/v1/deliveries/{found}", headers=acme.headers).json()
    assert (shown["state"], shown["error"]) == ("gave_up", "backlog_full")
    assert_problem(api.post(f"/v1/deliveries/{ended}/redeliver", headers=acme.headers), 429, "deliveries_full")
    assert_problem(api.post(f"{made['urls']['self']}/test", headers=acme.headers), 429, "deliveries_full")
    installation.redis.delete("deliveries:waiting")
    big = plan(installation, acme, made["id"], *[f"job_big{n}" for n in range(5)], body=b"x" * 15 * 1024 * 1024)
    states = [api.get(f"/v1/deliveries/{each}", headers=acme.headers).json()["state"] for each in big]
    assert states == ["scheduled"] * 4 + ["gave_up"]


def test_failures_are_shown_and_forgiven(
    api: TestClient, acme: Account, installation: Installation, make: Make
) -> None:
    """How an endpoint has been answering stands with it; another URL, and enabling it, start anew."""
    made = make()
    path = made["urls"]["self"]
    plan(installation, acme, made["id"], "job_1", "job_2")
    attempt(installation, ending="retry", delay_seconds=60, error="timed_out", endpoint_was="bad")
    shown = api.get(path, headers=acme.headers).json()
    assert (shown["failures"], shown["failing_since"] is not None) == (2, True)
    assert api.patch(path, json={"description": "x"}, headers=acme.headers).json()["failures"] == 2
    assert api.patch(path, json={"enabled": True}, headers=acme.headers).json()["failing_since"] is None


def test_a_disabled_webhook_says_why(api: TestClient, acme: Account, installation: Installation, make: Make) -> None:
    """What the platform disabled the tenant enables with one call; what the operator disabled it can't."""
    made = make()
    path = made["urls"]["self"]
    installation.catalog.endpoints.disable(made["id"], reason="gone", note="It answered 410.")
    shown = api.get(path, headers=acme.headers).json()
    assert (shown["enabled"], shown["disabled_reason"], shown["note"]) == (False, "gone", "It answered 410.")
    shown = api.patch(path, json={"enabled": True}, headers=acme.headers).json()
    assert (shown["enabled"], shown["disabled_reason"], shown["note"]) == (True, None, None)
    installation.catalog.endpoints.disable(made["id"], reason="by_operator", note="Abuse.")
    assert_problem(api.patch(path, json={"enabled": True}, headers=acme.headers), 403, "webhook_held")
    assert not installation.catalog.endpoints.get(made["id"]).enabled


def test_the_post_is_in_the_metrics(api: TestClient, acme: Account, installation: Installation, make: Make) -> None:
    """What waits, what arrived, what failed; nothing names a tenant."""
    made = make()
    plan(installation, acme, made["id"], "job_1", "job_2")
    attempt(installation, ending="retry", delay_seconds=60, error="timed_out")
    page = api.get("/metrics").text
    assert "cloche_deliveries_waiting 2.0" in page
    assert 'cloche_deliveries_ended{how="failed"} 2.0' in page
    assert acme.tenant.id not in page
