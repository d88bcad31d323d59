"""``cloche-admin quotas``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import pytest
import redis

from policies.quotas import QUOTA_NAMES, Quotas
from store.catalog import Catalog
from tests.admin.conftest import Admin


def test_quotas_are_set_and_shown(admin: Admin, catalog: Catalog) -> None:
    """Several at once, with units where they help; show, set and the catalogue agree."""
    tenant = catalog.tenants.create("acme")
    changed = admin("quotas", "set", "acme", "models=3", "storage_bytes=20GiB", "memory_bytes=512MiB", "--json").json
    assert changed == asdict(Quotas(models=3, storage_bytes=20 * 2**30, memory_bytes=512 * 2**20))
    shown = admin("quotas", "show", "acme", "--json").json
    assert {name: shown[name] for name in QUOTA_NAMES} == changed
    assert asdict(catalog.quotas.get(tenant.id)) == changed


def test_every_quota_is_shown(admin: Admin) -> None:
    """The table for people has a row for each quota there is."""
    admin("tenants", "create", "acme")
    rows = admin("quotas", "show", "acme").out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == list(QUOTA_NAMES)


@pytest.mark.parametrize(
    "change", ["modles=3", "models", "models=", "models=x", "models=-1", "models=1.5", "models=٣", "memory_bytes=0"]
)
def test_a_bad_change_changes_nothing(admin: Admin, catalog: Catalog, change: str) -> None:
    """Exit status 2, a sentence, and the good change beside the bad one isn't made either."""
    tenant = catalog.tenants.create("acme")
    ended = admin("quotas", "set", "acme", "versions=7", change)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err
    assert catalog.quotas.get(tenant.id) == Quotas()


def test_each_quota_says_where_it_comes_from(admin: Admin) -> None:
    """The tenant's own setting wins over its plan's, that over the default; reset goes back one step."""
    admin("tenants", "create", "acme")
    admin("plans", "create", "small", "models=3", "concurrency=1")
    admin("tenants", "plan", "acme", "small")
    admin("quotas", "set", "acme", "models=5")
    shown = admin("quotas", "show", "acme", "--json").json
    assert (shown["models"], shown["concurrency"], shown["plan"]) == (5, 1, "small")
    assert {name: shown["from"][name] for name in ("models", "concurrency", "versions")} == {
        "models": "tenant",
        "concurrency": "plan",
        "versions": "default",
    }
    rows = {row.split()[0]: row.split()[1:] for row in admin("quotas", "show", "acme").out.splitlines()}
    assert rows["models"] == ["5", "0", "tenant"]
    assert rows["concurrency"] == ["1", "-", "plan", "small"]
    assert rows["versions"] == ["50", "-", "default"]
    assert admin("quotas", "reset", "acme", "models", "--json").json["models"] == 3
    assert admin("quotas", "reset", "acme", "modles").status == 2


def test_what_is_used_stands_beside_the_limit(admin: Admin, catalog: Catalog, redis_url: str) -> None:
    """What jobs hold comes from Redis, and is left out while it doesn't answer."""
    tenant = catalog.tenants.create("acme")
    month = f"{datetime.now(UTC):%Y%m}"
    counters = {"queued": 3, "in": 40, "kept": 512, f"run:{month}": 1_500_000, f"gpu:{month}": 0, "run:202001": 7}
    connection = redis.Redis.from_url(redis_url)
    connection.hset(f"load:{tenant.id}", mapping=counters)
    connection.sadd(f"gpu_turns:{tenant.id}", "begun", "waits")
    connection.zadd("gpu_turns:issued", {"waits": 1})
    assert admin("quotas", "show", "acme", "--json").json["used"] == {
        "models": 0,
        "storage_bytes": 0,
        "queued_jobs": 3,
        "queued_bytes": 40,
        "kept_bytes": 512,
        "run_seconds_per_month": 1.5,
        "gpu_seconds_per_month": 0.0,
        "gpus": 1,
    }
    away = admin("quotas", "show", "acme", "--json", CLOCHE_REDIS_URL="redis://127.0.0.1:1").json
    assert away["used"] == {"models": 0, "storage_bytes": 0}
