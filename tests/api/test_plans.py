"""Plans in force: what an operator changes holds with the next request, whichever API process gets it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from tests.admin.conftest import Ended, run_admin
from tests.api.conftest import Account, Installation, submit
from tests.api.contract import WatchedClient


@pytest.fixture
def second(installation: Installation) -> Iterator[TestClient]:
    """Another API process of the same installation, with a memory of its own."""
    with WatchedClient(create_app(installation.settings)) as client:
        yield client


def test_a_changed_plan_holds_in_every_api_process(
    api: TestClient, second: TestClient, installation: Installation, acme: Account, other: Account
) -> None:
    """Assigned, changed, overruled by the tenant's own quota, taken away: each with the very next request."""
    settings = installation.settings
    environment = {"CLOCHE_DATA": str(settings.data), "CLOCHE_REDIS_URL": settings.redis_url}

    def admin(*command: str) -> Ended:
        ended = run_admin(*command, environment=environment)
        assert ended.status == 0, ended.err
        return ended

    def depth(account: Account) -> set[str]:
        headers = [submit(client, account).headers["ratelimit-policy"] for client in (api, second)]
        return {header.partition('"queued_jobs";q=')[2].partition(";")[0] for header in headers}

    installation.ready(acme)
    installation.ready(other)
    assert depth(acme) == depth(other) == {"10000"}
    admin("plans", "create", "small", "queued_jobs=700")
    admin("tenants", "plan", "acme", "small")
    assert (depth(acme), depth(other)) == ({"700"}, {"10000"})
    admin("tenants", "plan", "other", "small")
    admin("plans", "set", "small", "queued_jobs=800")
    assert depth(acme) == depth(other) == {"800"}
    admin("quotas", "set", "acme", "queued_jobs=5")
    admin("plans", "set", "small", "queued_jobs=900")
    assert (depth(acme), depth(other)) == ({"5"}, {"900"})
    admin("quotas", "reset", "acme", "queued_jobs")
    assert depth(acme) == {"900"}
    admin("tenants", "plan", "acme", "--none")
    assert (depth(acme), depth(other)) == ({"10000"}, {"900"})
