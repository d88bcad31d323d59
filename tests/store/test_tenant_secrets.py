"""The rotation of a tenant's own webhook secret, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from store.catalog import Catalog, Tenant
from store.catalog.endpoints import SECRETS_KEPT
from store.catalog.tables import TenantSecretRow
from store.errors import TenantUnknown


def test_the_first_secret_is_the_one_the_tenant_was_made_with(catalog: Catalog, tenant: Tenant) -> None:
    """By id and by name; alone, without an end, as old as the tenant."""
    [first] = catalog.tenant_secrets.list(tenant.id)
    assert catalog.tenant_secrets.list(tenant.name) == (first,)
    assert (first.secret, first.created_at, first.expires_at) == (tenant.webhook_secret, tenant.created_at, None)


def test_rotation_keeps_the_old_secret_for_a_while(catalog: Catalog, tenant: Tenant) -> None:
    """The new secret comes first and is the tenant's; the old one is in force for its grace, not at all without."""
    newest, older = catalog.tenant_secrets.rotate(tenant.id, grace_seconds=3600)
    assert catalog.tenant_secrets.list(tenant.id) == (newest, older)
    assert catalog.tenants.get(tenant.id).webhook_secret == newest.secret != tenant.webhook_secret
    assert (older.secret, older.created_at) == (tenant.webhook_secret, tenant.created_at)
    assert older.expires_at == newest.created_at + timedelta(seconds=3600)
    [last] = catalog.tenant_secrets.rotate(tenant.name, grace_seconds=0)
    assert catalog.tenant_secrets.list(tenant.id) == (last,)
    assert last.secret not in (newest.secret, older.secret)


def test_a_second_rotation_shortens_nobodys_grace(catalog: Catalog, tenant: Tenant) -> None:
    """What was promised to a receiver of the first secret holds, whatever the second rotation says of the second."""
    _, first = catalog.tenant_secrets.rotate(tenant.id, grace_seconds=3600)
    _, second, still = catalog.tenant_secrets.rotate(tenant.id, grace_seconds=60)
    assert still == first
    assert None not in (first.expires_at, second.expires_at)
    assert second.expires_at < first.expires_at  # type: ignore[operator]  # both have one


def test_a_secret_whose_grace_is_over_is_not_in_force(catalog: Catalog, tenant: Tenant) -> None:
    """It is in no answer from its end on, and the next rotation forgets it."""
    catalog.tenant_secrets.rotate(tenant.id)
    with catalog._database.write() as session:
        session.execute(update(TenantSecretRow).values(expires_at=datetime.now(UTC)))
    [newest] = catalog.tenant_secrets.list(tenant.id)
    assert newest.secret == catalog.tenants.get(tenant.id).webhook_secret
    assert [each.secret for each in catalog.tenant_secrets.rotate(tenant.id)][1:] == [newest.secret]
    with catalog._database.read() as session:
        assert session.scalar(select(func.count()).select_from(TenantSecretRow)) == 1


def test_secrets_do_not_pile_up(catalog: Catalog, tenant: Tenant) -> None:
    """However often it is rotated, a header carries a few signatures only, of the newest secrets."""
    made = [catalog.tenant_secrets.rotate(tenant.id)[0].secret for _ in range(10)]
    found = [each.secret for each in catalog.tenant_secrets.list(tenant.id)]
    assert found == made[::-1][:SECRETS_KEPT]


def test_rotations_at_once_lose_no_secret(catalog: Catalog, tenant: Tenant) -> None:
    """Two callers who were each given a secret may both verify with it."""
    given: list[str] = []
    start = threading.Barrier(2)

    def rotate() -> None:
        start.wait()
        given.append(catalog.tenant_secrets.rotate(tenant.id)[0].secret)

    threads = [threading.Thread(target=rotate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {*given, tenant.webhook_secret} == {each.secret for each in catalog.tenant_secrets.list(tenant.id)}


def test_one_tenants_rotation_is_nobody_elses(catalog: Catalog, tenant: Tenant) -> None:
    """Other tenants keep theirs; one that isn't there has none."""
    other = catalog.tenants.create("other")
    catalog.tenant_secrets.rotate(other.id)
    catalog.tenant_secrets.rotate(tenant.id, grace_seconds=0)
    assert [each.secret for each in catalog.tenant_secrets.list(other.id)][1:] == [other.webhook_secret]
    for ask in (catalog.tenant_secrets.list, catalog.tenant_secrets.rotate):
        with pytest.raises(TenantUnknown):
            ask("nobody")


def test_no_secret_is_in_what_is_printed(catalog: Catalog, tenant: Tenant) -> None:
    """A record that lands in a log or a traceback shows none."""
    assert "whsec_" not in repr(catalog.tenant_secrets.rotate(tenant.id))
