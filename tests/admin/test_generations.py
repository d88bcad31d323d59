"""Changes reach the API: every one moves its tenant's generation in Redis."""

from __future__ import annotations

import redis

from store.generations import current
from tests.admin.conftest import Admin, run_admin
from tests.conftest import RedisServer

WARNING = "the change is stored, and takes effect within 30 seconds of its return"


def test_every_change_moves_the_generation(admin: Admin, redis_url: str) -> None:
    """One step for each change, none for looking; the tenant's own."""
    connection = redis.Redis.from_url(redis_url)
    tenant = admin("tenants", "create", "acme", "--json").json["id"]
    key = admin("keys", "create", "acme", "--json").json["id"]
    admin("plans", "create", "small", "models=3")
    changes = (
        ["keys", "create", "acme"],
        ["keys", "revoke", key],
        ["quotas", "set", "acme", "models=3"],
        ["quotas", "reset", "acme", "models"],
        ["tenants", "plan", "acme", "small"],
        ["plans", "set", "small", "models=4"],
        ["plans", "reset", "small", "models"],
        ["tenants", "plan", "acme", "--none"],
        ["tenants", "suspend", "acme"],
        ["tenants", "resume", "acme"],
    )
    for change in changes:
        before = current(connection, tenant)
        assert admin(*change).status == 0
        assert current(connection, tenant) == before + 1
    for look in (["tenants", "show", "acme"], ["keys", "list", "acme"], ["quotas", "show", "acme"]):
        assert admin(*look).status == 0
    assert current(connection, tenant) == before + 1


def test_without_redis_a_change_stands_and_says_when_it_holds(
    servers_environment: dict[str, str], own_redis: RedisServer
) -> None:
    """Redis being away is a warning: the command succeeds, its answer is whole, the change is there."""
    run_admin("tenants", "create", "first", environment=servers_environment)  # is told that it is the first
    assert run_admin("tenants", "create", "acme", environment=servers_environment).err == ""
    own_redis.kill()
    changed = run_admin("quotas", "set", "acme", "models=3", "--json", environment=servers_environment)
    assert changed.status == 0
    assert changed.json["models"] == 3
    assert WARNING in changed.err
    shown = run_admin("quotas", "show", "acme", "--json", environment=servers_environment)
    assert (shown.json["models"], shown.err) == (3, "")
