"""What operators decide about the policy, as tenants meet it over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from policies.check import check
from store.catalog.allowances import By, fingerprint
from tests.api.conftest import SOURCE, Account, Installation, assert_problem, submit, upload

SCIPY = b"import scipy.special\n" + SOURCE
BY = By("operator", "a reason")


def checked(api: TestClient, account: Account, source: bytes) -> dict[str, Any]:
    """What POST /v1/check says."""
    headers = {**account.headers, "Content-Type": "text/x-python"}
    body: dict[str, Any] = api.post("/v1/check", content=source, headers=headers).json()
    return body


def allow(installation: Installation, account: Account, path: str = "scipy") -> None:
    """What ``cloche-admin policy allow`` does."""
    installation.catalog.allowances.allow(account.tenant.id, path, by=BY)
    installation.changed(account)


def test_an_allowance_holds_from_the_next_check_on(
    api: TestClient, installation: Installation, acme: Account, other: Account
) -> None:
    """For its tenant and for nobody else; taken back, it is over with the next request."""
    assert not checked(api, acme, SCIPY)["accepted"]
    allow(installation, acme)
    assert checked(api, acme, SCIPY)["accepted"]
    assert not checked(api, other, SCIPY)["accepted"]
    installation.catalog.allowances.deny(acme.tenant.id, "scipy", by=BY)
    installation.changed(acme)
    assert not checked(api, acme, SCIPY)["accepted"]


def test_an_allowance_holds_from_the_next_upload_on(api: TestClient, installation: Installation, acme: Account) -> None:
    """The version remembers under what it was accepted, without showing it."""
    assert upload(api, acme, source=SCIPY).json()["status"] == "refused"
    allow(installation, acme)
    body = upload(api, acme, source=SCIPY).json()
    assert (body["status"], body["verdict"]["accepted"]) == ("checking", True)
    stored = installation.catalog.models.version_by_id(body["id"])
    assert stored is not None
    assert stored.verdict_allowances == fingerprint(installation.catalog.allowances.get(acme.tenant.id))


def test_a_path_of_the_list_can_be_closed(api: TestClient, installation: Installation, acme: Account) -> None:
    """What is taken from the list for a tenant is refused like anything unlisted."""
    installation.catalog.allowances.deny(acme.tenant.id, "torch.nn.Linear", by=BY)
    installation.changed(acme)
    codes = [violation["code"] for violation in checked(api, acme, SOURCE)["violations"]]
    assert codes
    assert all(code.startswith(("CL2", "CL3")) for code in codes)


def test_a_trusted_tenant_still_obeys_the_structure(api: TestClient, installation: Installation, acme: Account) -> None:
    """Imports are its own affair; one class with predict_single is not."""
    installation.catalog.allowances.exempt(acme.tenant.id, by=BY)
    installation.changed(acme)
    assert checked(api, acme, b"import os\n" + SOURCE)["accepted"]
    violations = checked(api, acme, b"import os\n")["violations"]
    assert violations
    assert all(violation["code"].startswith(("CL0", "CL1")) for violation in violations)


@pytest.mark.parametrize("numbered", [True, False])
def test_a_version_refused_afterwards_is_not_served_and_says_why(
    api: TestClient, installation: Installation, acme: Account, numbered: bool
) -> None:
    """A job that was accepted a moment ago is a conflict now; the version shows the verdict that refused it."""
    version = installation.ready(acme)
    order = {"input": 1} | ({"version": 1} if numbered else {})
    assert api.post("/v1/models/echo/jobs", json=order, headers=acme.headers).status_code == 202
    installation.finish(version, status="refused", verdict=check(b"import os\n" + SOURCE))
    body = assert_problem(api.post("/v1/models/echo/jobs", json=order, headers=acme.headers), 409, "model_not_ready")
    assert body["version_status"] == "refused"
    shown = api.get("/v1/models/echo/versions/1", headers=acme.headers).json()
    assert (shown["status"], shown["verdict"]["accepted"]) == ("refused", False)
    assert shown["verdict"]["violations"][0]["code"] == "CL201"
    assert {"source_sha256", "policy_version", "python_version"} < set(shown["verdict"])
    assert api.get("/v1/models/echo", headers=acme.headers).json()["ready_version"] is None


def test_the_older_version_takes_over(api: TestClient, installation: Installation, acme: Account) -> None:
    """When the newest version is refused afterwards, the one before it serves again."""
    installation.ready(acme)
    newest = installation.ready(acme)
    assert submit(api, acme).json()["version"] == 2
    installation.finish(newest, status="refused", verdict=check(b"import os\n" + SOURCE))
    assert submit(api, acme).json()["version"] == 1
