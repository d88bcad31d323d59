"""Plans on both databases."""

from __future__ import annotations

import threading

import pytest

from policies.quotas import Quotas
from store.catalog import Catalog, Tenant
from store.errors import NameInvalid, PlanExists, PlanInUse, PlanUnknown, QuotaInvalid, QuotaUnknown, TenantUnknown


def test_a_plan_sets_the_quotas_of_its_tenants(catalog: Catalog, tenant: Tenant) -> None:
    """What the plan sets holds for who is on it, and for nobody else; what it doesn't is the default."""
    other = catalog.tenants.create("other")
    catalog.plans.create("small", {"models": 3, "concurrency": 1})
    catalog.plans.assign(tenant.id, "small")
    assert catalog.quotas.get(tenant.id) == Quotas(models=3, concurrency=1)
    assert catalog.terms(tenant.id).quotas == Quotas(models=3, concurrency=1)
    assert catalog.quotas.get(other.id) == Quotas()
    assert catalog.plans.of(tenant.id) == "small"
    assert catalog.plans.of(other.id) is None


def test_a_tenants_own_quota_wins(catalog: Catalog, tenant: Tenant) -> None:
    """Set before or after the plan, and until it is reset; each value says where it comes from."""
    catalog.quotas.set(tenant.id, {"models": 9})
    catalog.plans.create("small", {"models": 3, "versions": 4})
    catalog.plans.assign(tenant.id, "small")
    assert catalog.quotas.get(tenant.id) == Quotas(models=9, versions=4)
    origins = catalog.quotas.origins(tenant.id)
    assert (origins["models"], origins["versions"], origins["concurrency"]) == ("tenant", "plan", "default")
    assert catalog.quotas.set(tenant.id, {"versions": 7}) == Quotas(models=9, versions=7)
    assert catalog.quotas.reset(tenant.id, ["models", "versions"]) == Quotas(models=3, versions=4)


def test_changing_a_plan_names_its_tenants(catalog: Catalog, tenant: Tenant) -> None:
    """Whoever's quotas changed is in the record; a quota that is reset goes back to the default."""
    other = catalog.tenants.create("other")
    catalog.plans.create("small", {"models": 3})
    for t in (tenant, other):
        catalog.plans.assign(t.id, "small")
    changed = catalog.plans.set("small", {"models": 4, "versions": 2})
    assert set(changed.tenant_ids) == {tenant.id, other.id}
    assert changed == catalog.plans.get("small")
    assert catalog.quotas.get(other.id) == Quotas(models=4, versions=2)
    assert catalog.plans.reset("small", ["versions"]).quotas == {"models": 4}
    assert catalog.quotas.get(other.id) == Quotas(models=4)


def test_a_tenant_changes_plans(catalog: Catalog, tenant: Tenant) -> None:
    """One plan at a time; off it, the defaults hold."""
    catalog.plans.create("small", {"models": 3})
    catalog.plans.create("large", {"models": 300})
    catalog.plans.assign(tenant.id, "small")
    catalog.plans.assign(tenant.id, "large")
    assert catalog.quotas.get(tenant.id).models == 300
    assert catalog.plans.get("small").tenant_ids == ()
    catalog.plans.assign(tenant.id, None)
    assert catalog.quotas.get(tenant.id) == Quotas()


def test_a_plan_in_use_stays(catalog: Catalog, tenant: Tenant) -> None:
    """Deleting it would change quotas nobody looked at: first its tenants go elsewhere."""
    catalog.plans.create("small", {"models": 3})
    catalog.plans.assign(tenant.id, "small")
    with pytest.raises(PlanInUse) as caught:
        catalog.plans.delete("small")
    assert caught.value.tenants == 1
    assert catalog.quotas.get(tenant.id).models == 3
    catalog.plans.assign(tenant.id, None)
    catalog.plans.delete("small")
    assert catalog.plans.list() == ()


def test_what_is_wrong_changes_nothing(catalog: Catalog, tenant: Tenant) -> None:
    """Unknown plans, tenants and quotas, values and names that are none, and a name that is taken."""
    plans = catalog.plans
    plans.create("small", {"models": 3})
    with pytest.raises(PlanExists):
        plans.create("small", {"models": 4})
    with pytest.raises(NameInvalid):
        plans.create("no/such", {})
    with pytest.raises(QuotaUnknown):
        plans.create("other", {"models": 3, "modles": 3})
    with pytest.raises(QuotaInvalid):
        plans.set("small", {"versions": 3, "models": -1})
    for attempt in (lambda: plans.get("x"), lambda: plans.set("x", {}), lambda: plans.delete("x")):
        with pytest.raises(PlanUnknown):
            attempt()
    with pytest.raises(PlanUnknown):
        plans.assign(tenant.id, "x")
    with pytest.raises(TenantUnknown):
        plans.assign("ten_x", "small")
    assert [(plan.name, plan.quotas, plan.tenant_ids) for plan in plans.list()] == [("small", {"models": 3}, ())]


def test_a_plan_is_not_deleted_under_a_tenant_that_comes(catalog: Catalog) -> None:
    """Deleting and assigning at once: either the plan is gone and the tenant was refused, or it is in use."""
    for number in range(10):
        tenant = catalog.tenants.create(f"t{number}")
        catalog.plans.create(f"p{number}", {"models": 3})
        ended: list[str] = []

        def attempt(step: str, tenant: Tenant = tenant, name: str = f"p{number}", ended: list[str] = ended) -> None:
            try:
                if step == "delete":
                    catalog.plans.delete(name)
                else:
                    catalog.plans.assign(tenant.id, name)
                ended.append(step)
            except (PlanUnknown, PlanInUse):
                pass

        threads = [threading.Thread(target=attempt, args=(step,)) for step in ("delete", "assign")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ended) == 1, ended
        assert (catalog.plans.of(tenant.id) is None) == (ended == ["delete"])
