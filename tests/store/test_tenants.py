"""Tenants on both databases."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from store.catalog import Catalog
from store.errors import NameInvalid, TenantExists, TenantUnknown


def test_a_tenant_is_found_by_id_and_by_name(catalog: Catalog) -> None:
    """What create returned is what get returns, times and secret included, by either handle."""
    made = catalog.tenants.create("acme")
    assert catalog.tenants.get(made.id) == catalog.tenants.get("acme") == made
    assert made.created_at.utcoffset() == timedelta(0)


def test_a_webhook_secret_is_32_random_bytes(catalog: Catalog) -> None:
    """Each tenant has a secret of its own in the form of Standard Webhooks, and its repr doesn't show it."""
    one, other = catalog.tenants.create("one"), catalog.tenants.create("other")
    assert one.webhook_secret.startswith("whsec_")
    assert len(base64.b64decode(one.webhook_secret.removeprefix("whsec_"), validate=True)) == 32
    assert one.webhook_secret != other.webhook_secret
    assert one.webhook_secret not in repr(one)


def test_a_name_is_taken_once(catalog: Catalog) -> None:
    """A second tenant of the same name is refused with its own code."""
    catalog.tenants.create("acme")
    with pytest.raises(TenantExists) as caught:
        catalog.tenants.create("acme")
    assert caught.value.code == "tenant_exists"


@pytest.mark.parametrize("name", ["", " x", "x ", "-x", "a/b", "é", "a\0b", "a\nb", "x" * 101, "ten_x"])
def test_a_bad_name_is_refused(catalog: Catalog, name: str) -> None:
    """Empty, padded, slashed, non-ASCII, over-long and id-like names never reach the database."""
    with pytest.raises(NameInvalid):
        catalog.tenants.create(name)
    assert catalog.tenants.list() == ()


def test_suspending_is_idempotent_and_reversible(catalog: Catalog) -> None:
    """The first suspension's time is kept until the tenant is resumed."""
    catalog.tenants.create("acme")
    first = catalog.tenants.suspend("acme")
    assert first.suspended
    assert catalog.tenants.suspend("acme") == first
    assert not catalog.tenants.resume("acme").suspended
    assert not catalog.tenants.get("acme").suspended


def test_an_unknown_tenant_is_named(catalog: Catalog) -> None:
    """Whatever is asked of a tenant that isn't there, the error says which."""
    for ask in (catalog.tenants.get, catalog.tenants.suspend, catalog.tenants.resume, catalog.quotas.get):
        with pytest.raises(TenantUnknown) as caught:
            ask("nobody")
        assert caught.value.tenant == "nobody"


def test_tenants_are_listed_by_name(catalog: Catalog) -> None:
    """The order doesn't depend on when they were made."""
    for name in ("b", "a", "c"):
        catalog.tenants.create(name)
    assert [tenant.name for tenant in catalog.tenants.list()] == ["a", "b", "c"]
