"""Quotas on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from policies.quotas import QUOTA_NAMES, Quotas
from store.catalog import Catalog, Tenant
from store.errors import QuotaInvalid, QuotaUnknown


def test_a_new_tenant_has_the_defaults(catalog: Catalog, tenant: Tenant) -> None:
    """Nothing is stored until an operator sets something, so new defaults reach old tenants."""
    assert catalog.quotas.get(tenant.id) == Quotas()


@pytest.mark.parametrize("name", QUOTA_NAMES)
def test_every_quota_can_be_set(catalog: Catalog, tenant: Tenant, name: str) -> None:
    """A quota takes the value it is given, keeps it when others are set, and only for its tenant."""
    other = catalog.tenants.create("other")
    assert getattr(catalog.quotas.set(tenant.id, {name: 2**40}), name) == 2**40
    rest = next(quota for quota in QUOTA_NAMES if quota != name)
    catalog.quotas.set(tenant.id, {rest: 7})
    catalog.quotas.set(tenant.id, {rest: 8})
    assert catalog.quotas.get(tenant.id) == Quotas(**{name: 2**40, rest: 8})
    assert catalog.quotas.get(other.id) == Quotas()


def test_an_unknown_quota_changes_nothing(catalog: Catalog, tenant: Tenant) -> None:
    """All or none: one bad name leaves the good one next to it unset, and the error lists the names."""
    with pytest.raises(QuotaUnknown) as caught:
        catalog.quotas.set(tenant.id, {"models": 3, "modles": 3})
    assert caught.value.known == QUOTA_NAMES
    assert catalog.quotas.get(tenant.id) == Quotas()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("models", -1),
        ("models", 2**53),
        ("memory_bytes", 2**28 - 1),
        ("timeout_seconds", 0),
        ("models", True),
        ("models", 1.5),
    ],
)
def test_a_quota_is_a_whole_number_in_range(catalog: Catalog, tenant: Tenant, name: str, value: Any) -> None:
    """Negative, beyond what JSON can count, nothing where nothing makes no sense, and other types are refused."""
    with pytest.raises(QuotaInvalid):
        catalog.quotas.set(tenant.id, {name: value})
    assert catalog.quotas.get(tenant.id) == Quotas()


def test_nothing_is_a_quota_for_what_can_be_withheld(catalog: Catalog, tenant: Tenant) -> None:
    """A tenant may be allowed no models and no jobs at all."""
    assert catalog.quotas.set(tenant.id, {"models": 0, "queued_jobs": 0}) == Quotas(models=0, queued_jobs=0)
