"""``cloche-admin plans``."""

from __future__ import annotations

import pytest

from store.catalog import Catalog
from tests.admin.conftest import Admin


def test_the_life_of_a_plan(admin: Admin, catalog: Catalog) -> None:
    """Created, given to a tenant, changed, shown, taken away and deleted; JSON and catalogue agree."""
    tenant = catalog.tenants.create("acme")
    made = admin("plans", "create", "small", "models=3", "storage_bytes=1GiB", "--json").json
    assert (made["name"], made["quotas"], made["tenants"]) == ("small", {"models": 3, "storage_bytes": 2**30}, [])
    assert admin("tenants", "plan", "acme", "small").out == "acme is on plan small now.\n"
    changed = admin("plans", "set", "small", "models=4", "--json").json
    assert (changed["quotas"]["models"], changed["tenants"]) == (4, [tenant.id])
    assert admin("plans", "list", "--json").json == [changed] == [admin("plans", "show", "small", "--json").json]
    assert admin("tenants", "show", "acme", "--json").json["plan"] == "small"
    assert catalog.quotas.get(tenant.id).models == 4
    assert admin("plans", "reset", "small", "models", "--json").json["quotas"] == {"storage_bytes": 2**30}
    refused = admin("plans", "delete", "small")
    assert refused.status == 2
    assert "has 1 tenant;" in refused.err
    assert admin("tenants", "plan", "acme", "--none").out == "acme is on no plan now.\n"
    assert admin("plans", "delete", "small", "--json").json == {"deleted": "small"}
    assert admin("plans", "list", "--json").json == []


def test_plans_for_people(admin: Admin) -> None:
    """A row for each plan, and for each quota and tenant of one."""
    admin("tenants", "create", "acme")
    admin("plans", "create", "small", "models=3", "concurrency=1")
    admin("tenants", "plan", "acme", "small")
    assert admin("plans", "list").out.splitlines()[1].split() == ["small", "1", "concurrency=1", "models=3"]
    shown = admin("plans", "show", "small").out
    assert ["models", "3"] in [line.split() for line in shown.splitlines()]
    assert "acme" in shown


@pytest.mark.parametrize(
    "command",
    [
        ["plans", "show", "x"],
        ["plans", "set", "x", "models=3"],
        ["plans", "create", "a/b"],
        ["plans", "create", "small", "modles=3"],
        ["plans", "create", "small", "models"],
        ["tenants", "plan", "acme", "x"],
        ["tenants", "plan", "acme"],
        ["tenants", "plan", "acme", "small", "--none"],
    ],
)
def test_what_is_wrong_is_a_sentence(admin: Admin, catalog: Catalog, command: list[str]) -> None:
    """Exit status 2, something on stderr, nothing changed."""
    tenant = catalog.tenants.create("acme")
    ended = admin(*command)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err
    assert catalog.plans.list() == ()
    assert catalog.plans.of(tenant.id) is None
