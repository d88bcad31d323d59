"""Webhook endpoints on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from policies.events import EVENTS, asks_for, mask_of
from policies.quotas import Quotas
from store.catalog import Catalog, Tenant, WebhookEndpoint
from store.catalog.endpoints import SECRETS_KEPT, Changes
from store.errors import EndpointHeld, EndpointUnknown, TenantSuspended, WebhookQuotaExceeded

Make = Callable[..., WebhookEndpoint]


@pytest.fixture
def make(catalog: Catalog, tenant: Tenant) -> Make:
    """Makes an endpoint."""

    def build(url: str = "https://example.org/hook", **fields: Any) -> WebhookEndpoint:
        values = {"events": ("*",), "description": "", "quotas": Quotas(), **fields}
        return catalog.endpoints.create(values.pop("tenant_id", tenant.id), url=url, **values)[0]

    return build


def test_an_endpoint_is_kept_as_it_was_made(catalog: Catalog, tenant: Tenant, make: Make) -> None:
    """URL, filter and description are stored; it is enabled; only its own tenant finds it."""
    made = make(description="the shop", events=("job.failed", "batch.completed"))
    assert catalog.endpoints.get(made.id, tenant_id=tenant.id) == made
    assert catalog.endpoints.list(tenant.id) == (made,)
    assert (made.enabled, made.description, made.events) == (True, "the shop", ("job.failed", "batch.completed"))
    stranger = catalog.tenants.create("stranger")
    assert catalog.endpoints.list(stranger.id) == ()
    for ask in (
        lambda: catalog.endpoints.get(made.id, tenant_id=stranger.id),
        lambda: catalog.endpoints.secrets(made.id, tenant_id=stranger.id),
        lambda: catalog.endpoints.update(made.id, Changes(enabled=False), tenant_id=stranger.id),
        lambda: catalog.endpoints.rotate(made.id, tenant_id=stranger.id),
        lambda: catalog.endpoints.delete(made.id, tenant_id=stranger.id),
    ):
        with pytest.raises(EndpointUnknown):
            ask()
    assert catalog.endpoints.get(made.id) == made


def test_the_quota_bounds_them(catalog: Catalog, make: Make) -> None:
    """One more than the quota is refused; a deleted one makes room; none may be allowed at all."""
    first = make(quotas=Quotas(webhooks=2))
    make(quotas=Quotas(webhooks=2))
    with pytest.raises(WebhookQuotaExceeded) as caught:
        make(quotas=Quotas(webhooks=2))
    assert (caught.value.limit, caught.value.used) == (2, 2)
    catalog.endpoints.delete(first.id)
    make(quotas=Quotas(webhooks=2))
    with pytest.raises(WebhookQuotaExceeded):
        make(quotas=Quotas(webhooks=0))


def test_a_suspended_tenant_makes_none(catalog: Catalog, tenant: Tenant, make: Make) -> None:
    """Nothing new while the operator has suspended it; what was there says that nothing is to be sent."""
    made = make()
    catalog.tenants.suspend(tenant.id)
    with pytest.raises(TenantSuspended):
        make()
    destination = catalog.endpoints.destination(made.id)
    assert destination is not None
    assert destination.tenant_suspended


def test_what_a_tenant_listens_to_is_what_its_enabled_endpoints_ask_for(
    catalog: Catalog, tenant: Tenant, make: Make
) -> None:
    """The terms carry the union of the filters; disabled and deleted endpoints ask for nothing."""
    assert catalog.terms(tenant.id).listening == 0
    one = make(events=("job.failed",))
    two = make(events=("job.started", "job.failed"))
    assert catalog.terms(tenant.id).listening == mask_of(("job.failed", "job.started"))
    catalog.endpoints.update(two.id, Changes(enabled=False), tenant_id=tenant.id)
    assert catalog.terms(tenant.id).listening == mask_of(("job.failed",))
    catalog.endpoints.delete(one.id)
    assert catalog.terms(tenant.id).listening == 0
    make(events=("*",))
    assert catalog.terms(tenant.id).listening == mask_of(EVENTS)


def test_rotation_keeps_the_old_secret_for_a_while(catalog: Catalog, make: Make) -> None:
    """The new secret comes first; the old one is in force until its grace is over, at once without any."""
    made = make()
    [first] = catalog.endpoints.secrets(made.id)
    _, second = catalog.endpoints.rotate(made.id, grace_seconds=3600)
    newest, older = catalog.endpoints.secrets(made.id)
    assert (newest, older.secret) == (second, first.secret)
    assert older.expires_at is not None
    assert older.expires_at - newest.created_at == timedelta(seconds=3600)
    destination = catalog.endpoints.destination(made.id)
    assert destination is not None
    assert destination.secrets == (second.secret, first.secret)
    _, third = catalog.endpoints.rotate(made.id, grace_seconds=0)
    assert catalog.endpoints.secrets(made.id) == (third,)


def test_secrets_do_not_pile_up(catalog: Catalog, make: Make) -> None:
    """However often one is rotated, a header carries a few signatures only."""
    made = make()
    for _ in range(10):
        catalog.endpoints.rotate(made.id)
    assert len(catalog.endpoints.secrets(made.id)) == SECRETS_KEPT


def test_no_secret_is_in_what_is_printed(catalog: Catalog, make: Make) -> None:
    """A record that lands in a log or a traceback shows no secret."""
    made = make()
    _, secret = catalog.endpoints.rotate(made.id)
    assert "whsec_" not in f"{made!r} {secret!r} {catalog.endpoints.destination(made.id)!r}"


def test_disabling_says_why_and_enabling_forgets_it(catalog: Catalog, tenant: Tenant, make: Make) -> None:
    """Reason, sentence and time stand with a disabled endpoint; the first reason stays."""
    made = make()
    off = catalog.endpoints.disable(made.id, reason="gone", note="It answered 410.")
    assert off is not None
    assert (off.enabled, off.disabled_reason, off.disabled_note) == (False, "gone", "It answered 410.")
    assert catalog.endpoints.disable(made.id, reason="failing", note="later") is None
    still = catalog.endpoints.update(made.id, Changes(enabled=False), tenant_id=tenant.id)
    assert still.disabled_reason == "gone"
    on = catalog.endpoints.update(made.id, Changes(enabled=True), tenant_id=tenant.id)
    assert (on.enabled, on.disabled_at, on.disabled_reason, on.disabled_note) == (True, None, None, "")


def test_a_new_url_is_not_blamed_for_the_old_one(catalog: Catalog, tenant: Tenant, make: Make) -> None:
    """An answer of the URL of before disables nothing."""
    made = make("https://old.example/")
    catalog.endpoints.update(made.id, Changes(url="https://new.example/"), tenant_id=tenant.id)
    assert catalog.endpoints.disable(made.id, reason="gone", note="x", only_url="https://old.example/") is None
    assert catalog.endpoints.get(made.id).enabled
    assert catalog.endpoints.disable("whk_none", reason="gone", note="x") is None


def test_what_the_operator_disabled_only_the_operator_enables(catalog: Catalog, tenant: Tenant, make: Make) -> None:
    """The tenant may change its URL meanwhile, and neither enable it nor turn the reason into its own."""
    made = make()
    catalog.endpoints.disable(made.id, reason="failing", note="x")
    held = catalog.endpoints.disable(made.id, reason="by_operator", note="abuse")
    assert held is not None
    with pytest.raises(EndpointHeld):
        catalog.endpoints.update(made.id, Changes(enabled=True), tenant_id=tenant.id)
    changes = Changes(enabled=False, url="https://example.org/2")
    assert catalog.endpoints.update(made.id, changes, tenant_id=tenant.id).disabled_reason == "by_operator"
    assert catalog.endpoints.enable(made.id).enabled


def test_nothing_is_left_of_a_deleted_endpoint(catalog: Catalog, make: Make) -> None:
    """A deleted endpoint has no secrets and no destination."""
    made = make()
    catalog.endpoints.delete(made.id)
    assert catalog.endpoints.destination(made.id) is None
    with pytest.raises(EndpointUnknown):
        catalog.endpoints.secrets(made.id)


def test_a_filter_lets_through_what_it_names() -> None:
    """The star is everything; names are themselves and no prefix of others."""
    assert all(asks_for(("*",), event) for event in EVENTS)
    assert asks_for(("job.failed",), "job.failed")
    assert not asks_for(("job.failed",), "job.succeeded")
    assert mask_of(("*",)) == sum(1 << place for place in range(len(EVENTS)))
