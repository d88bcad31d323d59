"""What operators decide about the policy for one tenant, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from policies.allowlist.entries import NONE, Allowances
from policies.quotas import Quotas
from store.catalog import Catalog, Tenant, Terms
from store.catalog.allowances import By, fingerprint
from store.errors import AllowanceInvalid, CatalogUnavailable, TenantUnknown

ALICE = By("alice", "ticket 7")


def test_a_new_tenant_has_none(catalog: Catalog, tenant: Tenant) -> None:
    """Nothing is allowed, denied or trusted until somebody decides so; nobody's allowances are TenantUnknown."""
    assert catalog.allowances.get(tenant.id) == NONE
    assert catalog.terms(tenant.id) == Terms(Quotas(), NONE)
    assert (catalog.allowances.log(), catalog.allowances.exemptions()) == ((), ())
    for ask in (catalog.allowances.get, catalog.terms):
        with pytest.raises(TenantUnknown):
            ask("ten_nobody")


def test_decisions_hold_for_one_tenant(catalog: Catalog, tenant: Tenant) -> None:
    """Paths are added and removed, the last word about a path counts, and other tenants have none of it."""
    other = catalog.tenants.create("other")
    table = catalog.allowances
    assert table.allow(tenant.id, "scipy.special", by=ALICE)
    assert table.deny(tenant.id, "torch.fft", by=ALICE)
    assert table.get(tenant.id) == Allowances(frozenset({"scipy.special"}), frozenset({"torch.fft"}))
    assert table.deny(tenant.id, "scipy.special", by=ALICE)
    assert table.get(tenant.id) == Allowances(removed=frozenset({"scipy.special", "torch.fft"}))
    assert table.reset(tenant.id, "scipy.special", by=ALICE)
    assert table.exempt(tenant.id, by=ALICE)
    assert table.get(tenant.id) == Allowances(removed=frozenset({"torch.fft"}), exempt=True)
    assert catalog.terms(tenant.id).allowances == table.get(tenant.id)
    assert table.get(other.id) == NONE


def test_to_allow_a_denied_path_of_the_list_only_undoes_the_denial(catalog: Catalog, tenant: Tenant) -> None:
    """Giving torch back must not open what the list leaves out of torch; what isn't listed is opened."""
    table = catalog.allowances
    for path in ("torch", "scipy"):
        table.deny(tenant.id, path, by=ALICE)
        table.allow(tenant.id, path, by=ALICE)
    assert table.get(tenant.id) == Allowances(added=frozenset({"scipy"}))


def test_an_allowance_that_would_do_nothing_is_refused(catalog: Catalog, tenant: Tenant) -> None:
    """Below a denied path nothing can be opened; the sentence says what to take back."""
    catalog.allowances.deny(tenant.id, "scipy", by=ALICE)
    with pytest.raises(AllowanceInvalid, match="policy reset TENANT scipy`"):
        catalog.allowances.allow(tenant.id, "scipy.special", by=ALICE)
    assert catalog.allowances.allow(tenant.id, "scipy2", by=ALICE)  # a name that begins alike is not below it


def test_every_decision_is_on_record(catalog: Catalog, tenant: Tenant) -> None:
    """Who, when, what and why, in order; what changed nothing leaves no line."""
    other = catalog.tenants.create("other")
    table, before = catalog.allowances, datetime.now(UTC) - timedelta(seconds=1)
    table.allow(tenant.id, "scipy", by=By("alice"))
    assert not table.allow(tenant.id, "scipy", by=By("bob", "again"))
    table.deny(other.id, "torch.fft", by=By("bob", " noisy \0 "))
    table.exempt(tenant.id, by=By("carol", "ours"))
    assert not table.exempt(tenant.id, by=By("dave", "ours"))
    table.unexempt(tenant.id, by=By("carol", "theirs"))
    assert not table.unexempt(tenant.id, by=By("carol"))
    assert not table.reset(tenant.id, "numpy", by=By("carol"))
    log = table.log()
    assert [(each.tenant_name, each.who, each.action, each.path, each.reason) for each in log] == [
        ("acme", "alice", "allow", "scipy", ""),
        ("other", "bob", "deny", "torch.fft", "noisy �"),
        ("acme", "carol", "exempt", "", "ours"),
        ("acme", "carol", "unexempt", "", "theirs"),
    ]
    assert all(before < each.at <= datetime.now(UTC) for each in log)
    assert table.log(other.id) == log[1:2]


@pytest.mark.parametrize("statement", ["UPDATE policy_log SET who = 'nobody'", "DELETE FROM policy_log"])
def test_the_record_cannot_be_changed(catalog: Catalog, tenant: Tenant, statement: str) -> None:
    """The database itself refuses, whoever asks."""
    catalog.allowances.allow(tenant.id, "scipy", by=ALICE)
    log = catalog.allowances.log()
    with pytest.raises((CatalogUnavailable, DBAPIError), match="append-only"), catalog._database.write() as session:
        session.execute(text(statement))
    assert catalog.allowances.log() == log


def test_trusted_tenants_are_listed_with_the_reason(catalog: Catalog, tenant: Tenant) -> None:
    """By name, with who and the latest reason."""
    zed = catalog.tenants.create("zed")
    catalog.allowances.exempt(zed.id, by=By("alice", "first"))
    catalog.allowances.exempt(zed.id, by=By("bob", "second"))
    catalog.allowances.exempt(tenant.id, by=By("bob", "ours"))
    found = catalog.allowances.exemptions()
    assert [(each.tenant_name, each.reason, each.who) for each in found] == [
        ("acme", "ours", "bob"),
        ("zed", "second", "bob"),
    ]


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a b", "1a", "a.*", "é", "a\n", "a" * 201])
def test_what_is_no_dotted_path_is_refused(catalog: Catalog, tenant: Tenant, path: str) -> None:
    """With a sentence that shows how one is written; nothing is stored."""
    for change in (catalog.allowances.allow, catalog.allowances.deny, catalog.allowances.reset):
        with pytest.raises(AllowanceInvalid, match="dotted path"):
            change(tenant.id, path, by=ALICE)
    assert catalog.allowances.log() == ()


def test_to_trust_takes_a_reason(catalog: Catalog, tenant: Tenant) -> None:
    """None, blanks and too much of it are refused."""
    for reason in ("", "  \n", "x" * 1001):
        with pytest.raises(AllowanceInvalid, match="Say why"):
            catalog.allowances.exempt(tenant.id, by=By("alice", reason))
    assert catalog.allowances.get(tenant.id) == NONE


def test_of_many_at_once_one_changes(catalog: Catalog, tenant: Tenant) -> None:
    """Eight operators deciding the same at once leave one line."""
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: catalog.allowances.allow(tenant.id, "scipy", by=ALICE), range(8)))
    assert results.count(True) == len(catalog.allowances.log()) == 1


def test_fingerprints_tell_allowances_apart() -> None:
    """None has the empty one; order is nothing; added, removed and trusted differ."""
    a, b = frozenset({"a"}), frozenset({"b"})
    assert fingerprint(NONE) == ""
    assert fingerprint(Allowances(a | b)) == fingerprint(Allowances(b | a))
    different = [Allowances(a), Allowances(b), Allowances(a | b), Allowances(removed=a), Allowances(exempt=True)]
    assert len({fingerprint(each) for each in [NONE, *different]}) == 6
