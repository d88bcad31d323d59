"""Keys: who gets in, what a key may do, and how fast a change is in force."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from tests.api.conftest import Account, Installation, assert_problem, submit, upload

ADDRESSES = [
    ("POST", "/v1/models"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/echo"),
    ("DELETE", "/v1/models/echo"),
    ("GET", "/v1/models/echo/versions/1"),
    ("POST", "/v1/models/echo/jobs"),
    ("POST", "/v1/models/echo/tokens"),
    ("GET", "/v1/models/echo/tokens"),
    ("DELETE", "/v1/models/echo/tokens/key_1"),
    ("GET", "/v1/jobs"),
    ("GET", "/v1/jobs/job_1"),
    ("GET", "/v1/jobs/job_1/output"),
    ("HEAD", "/v1/jobs/job_1/output"),
    ("GET", "/v1/jobs/job_1/events"),
    ("POST", "/v1/jobs/job_1/cancel"),
    ("POST", "/v1/models/echo/batches"),
    ("GET", "/v1/batches"),
    ("GET", "/v1/batches/job_1"),
    ("GET", "/v1/batches/job_1/results"),
    ("POST", "/v1/batches/job_1/cancel"),
    ("POST", "/v1/check"),
    ("GET", "/v1/webhooks/secret"),
    ("POST", "/v1/webhooks/secret/rotate"),
    ("GET", "/v1/jobs/job_1/events"),
    ("GET", "/v1/usage"),
    ("GET", "/v1/quotas"),
    ("GET", "/v1/webhooks"),
    ("POST", "/v1/webhooks"),
    ("GET", "/v1/webhooks/whk_1"),
    ("PATCH", "/v1/webhooks/whk_1"),
    ("DELETE", "/v1/webhooks/whk_1"),
    ("GET", "/v1/webhooks/whk_1/secret"),
    ("POST", "/v1/webhooks/whk_1/rotate"),
    ("POST", "/v1/webhooks/whk_1/test"),
    ("GET", "/v1/webhooks/whk_1/deliveries"),
    ("GET", "/v1/deliveries"),
    ("GET", "/v1/deliveries/dlv_1"),
    ("POST", "/v1/deliveries/dlv_1/redeliver"),
]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer x", "Basic dTpw", "Bearer cloche_" + "a" * 43, "Bearer cloche_" + "a" * 43 + "ü"],
)
def test_no_address_answers_without_a_valid_key(api: TestClient, method: str, path: str, header: str | None) -> None:
    """Without a key, or with one that was never given out, everything is 401 and says how to do it right."""
    headers = {} if header is None else {"Authorization": header.encode()}
    response = api.request(method, path, headers=headers)
    if method == "HEAD":  # a problem without its body
        assert response.status_code == 401
    else:
        assert_problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == 'Bearer realm="cloche"'


def test_every_v1_address_is_among_those_tested(api: TestClient) -> None:
    """An address added later can't be forgotten here."""
    described = api.get("/openapi.json").json()["paths"]
    offered = {(method.upper(), path) for path, methods in described.items() for method in methods if "/v1/" in path}
    tested = {
        (
            method,
            re.sub("(job|key|whk|dlv)_1", "{id}", path.replace("echo", "{name}")).replace("/1", "/{number}"),
        )
        for method, path in ADDRESSES
    }
    assert offered == tested


def test_a_revoked_key_is_refused_at_once(api: TestClient, installation: Installation, acme: Account) -> None:
    """A remembered key stops working with the next request after it was revoked, for reading and for running."""
    installation.ready(acme)
    assert submit(api, acme).status_code == 202
    key = installation.catalog.keys.find(acme.key)
    assert key is not None
    installation.catalog.keys.revoke(key.id)
    installation.changed(acme)
    assert_problem(submit(api, acme), 401, "unauthorized")
    assert_problem(api.get("/v1/jobs", headers=acme.headers), 401, "unauthorized")


def test_a_suspended_tenant_is_told_so(api: TestClient, installation: Installation, acme: Account) -> None:
    """Suspending is in force at once, and resuming too."""
    installation.ready(acme)
    assert submit(api, acme).status_code == 202
    installation.catalog.tenants.suspend(acme.tenant.id)
    installation.changed(acme)
    assert_problem(submit(api, acme), 403, "tenant_suspended")
    installation.catalog.tenants.resume(acme.tenant.id)
    installation.changed(acme)
    assert submit(api, acme).status_code == 202


def test_another_tenants_everything_is_404(
    api: TestClient, installation: Installation, acme: Account, other: Account
) -> None:
    """Names, versions, jobs and tokens of another tenant are exactly as unknown as ones that never were."""
    installation.ready(acme)
    job = submit(api, acme).json()["id"]
    token = api.post("/v1/models/echo/tokens", headers=acme.headers).json()["id"]
    for path in ("/v1/models/echo", "/v1/models/echo/versions/1", "/v1/models/echo/tokens"):
        theirs = assert_problem(api.get(path, headers=other.headers), 404, "model_not_found")
        never = api.get(path.replace("echo", "nope"), headers=other.headers).json()
        assert theirs["detail"].replace("echo", "nope") == never["detail"]
    assert_problem(submit(api, other), 404, "model_not_found")
    for path in (f"/v1/jobs/{job}", f"/v1/jobs/{job}/output"):
        assert_problem(api.get(path, headers=other.headers), 404, "job_not_found")
    assert_problem(api.post(f"/v1/jobs/{job}/cancel", headers=other.headers), 404, "job_not_found")
    assert_problem(api.delete("/v1/models/echo", headers=other.headers), 404, "model_not_found")
    installation.ready(other)
    path = f"/v1/models/echo/tokens/{token}"
    assert_problem(api.delete(path, headers=other.headers), 404, "token_not_found")
    assert api.get("/v1/jobs", headers=other.headers).json()["jobs"] == []


def _token(api: TestClient, account: Account, name: str = "echo") -> Account:
    response = api.post(f"/v1/models/{name}/tokens", headers=account.headers)
    assert response.status_code == 201
    return Account(account.tenant, response.json()["token"])


def test_an_access_token_runs_its_model(api: TestClient, installation: Installation, acme: Account) -> None:
    """The token may submit, read, cancel and list jobs of its model, and read the model's status."""
    installation.ready(acme)
    token = _token(api, acme)
    job = submit(api, token).json()["id"]
    assert api.get(f"/v1/jobs/{job}", headers=token.headers).status_code == 200
    assert api.get("/v1/models/echo", headers=token.headers).status_code == 200
    assert api.get("/v1/models/echo/versions/1", headers=token.headers).status_code == 200
    assert [m["name"] for m in api.get("/v1/models", headers=token.headers).json()["models"]] == ["echo"]
    assert [j["id"] for j in api.get("/v1/jobs", headers=token.headers).json()["jobs"]] == [job]
    assert api.post(f"/v1/jobs/{job}/cancel", headers=token.headers).json()["status"] == "canceled"


def test_an_access_token_sees_no_other_model(api: TestClient, installation: Installation, acme: Account) -> None:
    """The tenant's other models and their jobs are 404 to it, listed nowhere."""
    installation.ready(acme)
    installation.ready(acme, "secret")
    job = submit(api, acme, name="secret").json()["id"]
    token = _token(api, acme)
    assert_problem(submit(api, token, name="secret"), 404, "model_not_found")
    assert_problem(api.get("/v1/models/secret", headers=token.headers), 404, "model_not_found")
    assert_problem(api.get("/v1/models/secret/versions/1", headers=token.headers), 404, "model_not_found")
    assert_problem(api.get(f"/v1/jobs/{job}", headers=token.headers), 404, "job_not_found")
    assert_problem(api.get(f"/v1/jobs/{job}/output", headers=token.headers), 404, "job_not_found")
    assert_problem(api.post(f"/v1/jobs/{job}/cancel", headers=token.headers), 404, "job_not_found")
    assert_problem(api.get("/v1/jobs?model=secret", headers=token.headers), 404, "model_not_found")
    assert api.get("/v1/jobs", headers=token.headers).json()["jobs"] == []


def test_an_access_token_changes_nothing(api: TestClient, installation: Installation, acme: Account) -> None:
    """Uploading, deleting, making tokens, checking sources, reading and rotating secrets need a key of the tenant."""
    installation.ready(acme)
    token = _token(api, acme)
    assert_problem(upload(api, token), 403, "forbidden_scope")
    assert_problem(api.delete("/v1/models/echo", headers=token.headers), 403, "forbidden_scope")
    assert_problem(api.post("/v1/models/echo/tokens", headers=token.headers), 403, "forbidden_scope")
    assert_problem(api.get("/v1/models/echo/tokens", headers=token.headers), 403, "forbidden_scope")
    assert_problem(api.post("/v1/check", content=b"x", headers=token.headers), 403, "forbidden_scope")
    assert_problem(api.get("/v1/webhooks/secret", headers=token.headers), 403, "forbidden_scope")
    before = api.get("/v1/webhooks/secret", headers=acme.headers).json()
    assert_problem(api.post("/v1/webhooks/secret/rotate", headers=token.headers), 403, "forbidden_scope")
    assert api.get("/v1/webhooks/secret", headers=acme.headers).json() == before


def test_a_revoked_token_is_refused_at_once(api: TestClient, installation: Installation, acme: Account) -> None:
    """A token can be listed and revoked, and is worthless from the next request on."""
    installation.ready(acme)
    token = _token(api, acme)
    assert submit(api, token).status_code == 202
    (listed,) = api.get("/v1/models/echo/tokens", headers=acme.headers).json()["tokens"]
    assert token.key.startswith(listed["prefix"])
    assert token.key not in str(listed)
    assert api.delete(f"/v1/models/echo/tokens/{listed['id']}", headers=acme.headers).status_code == 204
    assert_problem(submit(api, token), 401, "unauthorized")
    assert api.get("/v1/models/echo/tokens", headers=acme.headers).json()["tokens"] == []


def test_a_deleted_models_token_dies_with_it(api: TestClient, installation: Installation, acme: Account) -> None:
    """Deleting a model ends its tokens, even when a model of the same name comes again."""
    installation.ready(acme)
    token = _token(api, acme)
    assert submit(api, token).status_code == 202
    assert api.delete("/v1/models/echo", headers=acme.headers).status_code == 204
    installation.ready(acme)
    assert_problem(submit(api, token), 401, "unauthorized")
    assert submit(api, acme).status_code == 202
