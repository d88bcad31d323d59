"""``cloche-admin webhooks``: what an operator sees of endpoints and deliveries, and does to them."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
import redis

from policies.quotas import Quotas
from store.catalog import Catalog, Tenant, WebhookEndpoint
from store.deliveries import DeliveryQueue, Plan, Recipient
from store.generations import current
from tests.admin.conftest import Admin

URL = "https://hooks.example/x"


@pytest.fixture
def tenant(catalog: Catalog) -> Tenant:
    return catalog.tenants.create("acme")


@pytest.fixture
def endpoint(catalog: Catalog, tenant: Tenant) -> WebhookEndpoint:
    quotas = Quotas()
    return catalog.endpoints.create(tenant.id, url=URL, events=("job.failed",), description="", quotas=quotas)[0]


@pytest.fixture
def delivery(redis_url: str, tenant: Tenant, endpoint: WebhookEndpoint) -> str:
    """A delivery that was given up, with a hostile answer in its log."""

    async def deliver() -> str:
        queue = DeliveryQueue(redis_url, courier="c1")
        to = (Recipient(URL, endpoint_id=endpoint.id), Recipient("https://own.example/"))
        await queue.plan(Plan("job_1", tenant_id=tenant.id, event="job.failed", body=b"{}", recipients=to))
        claimed, _ = await queue.claim(room=9)
        for each in claimed:
            report: dict[str, Any] = {"status": 500, "error": "bad_status", "detail": "\\x1b[31m no"}
            await queue.finish(each, ending="gave_up", endpoint_was="bad", **report)
        await queue.close()
        return next(each.id for each in claimed if each.endpoint_id)

    return asyncio.run(deliver())


def test_endpoints_are_shown_without_their_secrets(
    admin: Admin, catalog: Catalog, endpoint: WebhookEndpoint, delivery: str
) -> None:
    """Of one tenant or of all: URL, filter, state, failures, why."""
    [secret] = catalog.endpoints.secrets(endpoint.id)
    for arguments in (("acme",), ()):
        table, plain = admin("webhooks", "endpoints", *arguments), admin("webhooks", "endpoints", *arguments, "--json")
        assert endpoint.id in table.out
        [shown] = plain.json
        assert (shown["id"], shown["url"], shown["enabled"], shown["failures"]) == (endpoint.id, URL, True, 1)
        assert secret.secret not in table.out + plain.out
    assert admin("webhooks", "endpoints", "--disabled", "--json").json == []


def test_an_operator_disables_and_enables(
    admin: Admin, catalog: Catalog, tenant: Tenant, endpoint: WebhookEndpoint, delivery: str, redis_url: str
) -> None:
    """The tenant sees the sentence; every API process hears of it; enabling forgets the failures."""
    connection = redis.Redis.from_url(redis_url)
    before = current(connection, tenant.id)
    ended = admin("webhooks", "disable", endpoint.id, "--reason", "It floods a stranger.", "--json")
    assert (ended.json["enabled"], ended.json["disabled_note"]) == (False, "It floods a stranger.")
    assert catalog.terms(tenant.id).listening == 0
    assert admin("webhooks", "endpoints", "acme", "--disabled", "--json").json[0]["disabled_reason"] == "by_operator"
    assert admin("webhooks", "enable", endpoint.id).status == 0
    assert catalog.endpoints.get(endpoint.id).enabled
    assert current(connection, tenant.id) == before + 2
    assert admin("webhooks", "endpoints", "acme", "--json").json[0]["failures"] == 0


def test_a_tenants_own_secret_is_rotated(admin: Admin, catalog: Catalog, tenant: Tenant, redis_url: str) -> None:
    """The new one is printed; the old one stays for a day or as long as is said; every API process hears of it."""
    connection = redis.Redis.from_url(redis_url)
    before = current(connection, tenant.id)
    printed = admin("webhooks", "rotate", "acme").out.strip()
    newest, old = catalog.tenant_secrets.list(tenant.id)
    assert (newest.secret, old.secret) == (printed, tenant.webhook_secret)
    assert old.expires_at == newest.created_at + timedelta(days=1)
    assert current(connection, tenant.id) == before + 1
    shown = admin("webhooks", "secret", "acme", "--json").json
    assert (shown["tenant_id"], shown["secret"]) == (tenant.id, newest.secret)
    assert [each["secret"] for each in shown["previous"]] == [old.secret]
    last = admin("webhooks", "rotate", "acme", "--grace-seconds", "0", "--json").json
    assert (last["secret"], last["previous"]) == (catalog.tenants.get("acme").webhook_secret, [])
    for wrong in ("-1", "604801", "x"):
        assert admin("webhooks", "rotate", "acme", "--grace-seconds", wrong).status == 2
    assert catalog.tenants.get("acme").webhook_secret == last["secret"]


def test_an_endpoints_secret_is_rotated(
    admin: Admin, catalog: Catalog, tenant: Tenant, endpoint: WebhookEndpoint, redis_url: str
) -> None:
    """As the tenant's own is, which stays what it was; every API process hears of it."""
    connection = redis.Redis.from_url(redis_url)
    before = current(connection, tenant.id)
    [first] = catalog.endpoints.secrets(endpoint.id)
    assert admin("webhooks", "secret", "acme", "--endpoint", endpoint.id).out.strip() == first.secret
    printed = admin("webhooks", "rotate", "acme", "--endpoint", endpoint.id, "--grace-seconds", "60").out.strip()
    newest, old = catalog.endpoints.secrets(endpoint.id)
    assert (newest.secret, old.secret) == (printed, first.secret)
    assert old.expires_at == newest.created_at + timedelta(seconds=60)
    assert current(connection, tenant.id) == before + 1
    shown = admin("webhooks", "secret", "acme", "--endpoint", endpoint.id, "--json").json
    assert (shown["tenant_id"], shown["endpoint_id"], shown["secret"]) == (tenant.id, endpoint.id, printed)
    assert [each["secret"] for each in shown["previous"]] == [old.secret]
    last = admin("webhooks", "rotate", "acme", "--endpoint", endpoint.id, "--grace-seconds", "0", "--json").json
    assert [each.secret for each in catalog.endpoints.secrets(endpoint.id)] == [last["secret"]]
    assert catalog.tenants.get("acme").webhook_secret == tenant.webhook_secret


def test_a_strangers_endpoint_is_unknown(admin: Admin, catalog: Catalog, endpoint: WebhookEndpoint) -> None:
    """Under another tenant's name its secret is neither shown nor changed."""
    catalog.tenants.create("stranger")
    before = catalog.endpoints.secrets(endpoint.id)
    for command in ("secret", "rotate"):
        for found in (endpoint.id, "whk_none"):
            ended = admin("webhooks", command, "stranger", "--endpoint", found)
            assert (ended.status, ended.out) == (2, "")
            assert ended.err.startswith("cloche-admin: ")
    assert catalog.endpoints.secrets(endpoint.id) == before


def test_the_log_shows_each_attempt(admin: Admin, endpoint: WebhookEndpoint, delivery: str) -> None:
    """Of an endpoint, of a tenant's own URLs, and of one delivery."""
    [of_endpoint] = admin("webhooks", "log", endpoint.id, "--json").json
    assert (of_endpoint["id"], of_endpoint["state"], of_endpoint["last_error"]) == (delivery, "gave_up", "bad_status")
    [of_jobs] = admin("webhooks", "log", "acme", "--json").json
    assert (of_jobs["id"], of_jobs["endpoint_id"]) == ("dlv_1", "")
    assert admin("webhooks", "log", endpoint.id, "--state", "delivered", "--json").json == []
    [line] = admin("webhooks", "log", delivery, "--json").json["log"]
    assert (line["status"], line["error"]) == (500, "bad_status")
    table = admin("webhooks", "log", delivery)
    assert "bad_status" in table.out
    assert "\x1b" not in table.out


def test_a_delivery_is_sent_again(admin: Admin, endpoint: WebhookEndpoint, delivery: str) -> None:
    """It is scheduled at once, under its id."""
    assert admin("webhooks", "redeliver", delivery).status == 0
    assert admin("webhooks", "log", delivery, "--json").json["state"] == "scheduled"


def test_what_an_endpoint_missed_is_sent_again(
    admin: Admin, catalog: Catalog, endpoint: WebhookEndpoint, delivery: str, redis_url: str
) -> None:
    """All that was given up, however often its tenant asked within the minute; not while it is disabled."""
    connection = redis.Redis.from_url(redis_url)
    connection.set(f"deliveries:asked:{endpoint.tenant_id}", 1000, ex=60)
    catalog.endpoints.disable(endpoint.id, reason="failing", note="x")
    assert admin("webhooks", "recover", endpoint.id).status == 2
    catalog.endpoints.enable(endpoint.id)
    assert admin("webhooks", "recover", endpoint.id, "--json").json == {"given_up": 1, "sent_again": 1}
    assert admin("webhooks", "log", delivery, "--json").json["state"] == "scheduled"
    assert admin("webhooks", "recover", endpoint.id, "--json").json == {"given_up": 0, "sent_again": 0}


def test_what_is_not_there_is_one_sentence(admin: Admin, tenant: Tenant) -> None:
    """Unknown ids end with status 2 and a sentence."""
    for arguments in (
        ("enable", "whk_none"),
        ("disable", "whk_none"),
        ("delete", "whk_none"),
        ("log", "whk_none"),
        ("log", "dlv_none"),
        ("redeliver", "dlv_none"),
        ("recover", "whk_none"),
        ("endpoints", "nobody"),
        ("rotate", "nobody"),
        ("log", "nobody"),
    ):
        ended = admin("webhooks", *arguments)
        assert ended.status == 2, arguments
        assert ended.err.startswith("cloche-admin: ")


def test_a_deleted_endpoint_is_gone(admin: Admin, catalog: Catalog, tenant: Tenant, endpoint: WebhookEndpoint) -> None:
    """With its secrets."""
    assert admin("webhooks", "delete", endpoint.id).status == 0
    assert catalog.endpoints.list(tenant.id) == ()


def test_without_redis_it_says_so(admin: Admin, endpoint: WebhookEndpoint) -> None:
    """A sentence, and nothing changed."""
    ended = admin("webhooks", "enable", endpoint.id, CLOCHE_REDIS_URL="unix:///nowhere.sock")
    assert ended.status == 2
    assert "Redis can't be used" in ended.err


def test_doctor_knows_the_post(
    admin: Admin, catalog: Catalog, endpoint: WebhookEndpoint, delivery: str, redis_url: str
) -> None:
    """Without a courier it warns, with events due it fails; endpoints that the platform disabled are named."""

    def checks() -> dict[str, Any]:
        return {each["name"]: each for each in admin("doctor", "--json").json["checks"]}

    connection = redis.Redis.from_url(redis_url)
    connection.zadd("deliveries:couriers", {"c1": (time.time() + 3600) * 1000})  # beats for as long as this test runs
    found = checks()
    assert (found["couriers"]["state"], found["webhooks"]["state"]) == ("ok", "ok")
    connection.delete("deliveries:couriers")
    catalog.endpoints.disable(endpoint.id, reason="failing", note="x")
    found = checks()
    assert found["couriers"]["state"] == found["webhooks"]["state"] == "warn"
    assert endpoint.id in found["webhooks"]["found"]
    connection.rpush("webhooks:due", "x")
    found = checks()
    assert found["couriers"]["state"] == "fail"
    assert "cloche-courier" in found["couriers"]["advice"]
