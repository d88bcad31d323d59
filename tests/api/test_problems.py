"""Every error comes out in one shape, with a code that is in the table."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import store.errors
from api.app import create_app
from api.errors import PROBLEMS, STORE_CODES
from store.errors import StoreError
from tests.api.conftest import Account, Installation, assert_problem, upload

API = Path(__file__).parents[2] / "api"

# Raised by what the API never calls: they would be our bug, and come out as internal.
NEVER_REACHED = {
    *("store_error", "tenant_unknown", "blob_unknown", "invalid", "tenant_exists", "quota_unknown", "quota_invalid"),
    *("plan_unknown", "plan_exists", "plan_in_use"),
    *("quota_exceeded", "blob_corrupt", "allowance_invalid"),
}


def test_every_store_error_has_an_answer() -> None:
    """A new code in the stores fails this test until somebody decides what it is over HTTP."""
    kinds = [value for value in vars(store.errors).values() if isinstance(value, type)]
    codes = {kind.code for kind in kinds if issubclass(kind, StoreError)}
    assert codes == set(STORE_CODES) | NEVER_REACHED
    assert {code for code, _ in STORE_CODES.values()} <= set(PROBLEMS)


def test_every_code_the_api_raises_is_in_the_table() -> None:
    """No Problem can be raised whose status nobody knows, and the table has no code that nothing raises."""
    raised = set()
    for file in API.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and file.name != "errors.py":
                raised.add(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
                code = node.args[0]
                assert not isinstance(code, ast.Constant) or code.value in PROBLEMS, code.value
    raised |= {code for code, _ in STORE_CODES.values()}
    raised |= {"not_found", "method_not_allowed", "bad_request", "internal", "body_too_large", "invalid_request"}
    assert set(PROBLEMS) <= raised


def test_unknown_address_is_a_problem(api: TestClient) -> None:
    """404 of the framework has the same shape as ours."""
    assert_problem(api.get("/v2/anything"), 404, "not_found")


def test_wrong_method_says_what_is_offered(api: TestClient) -> None:
    """405 has every method of the address in its Allow header."""
    response = api.put("/v1/check")
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "POST"
    assert api.put("/v1/models/echo").headers["allow"] == "DELETE, GET"
    assert api.put("/v1/webhooks/secret").headers["allow"] == "GET"  # and not what /v1/webhooks/{id} offers
    assert api.get("/v1/webhooks/secret/rotate").headers["allow"] == "POST"


def test_a_bug_of_ours_is_a_problem_that_says_nothing(
    api: TestClient, acme: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unexpected exception is a 500 with a request id; its text, which may hold a tenant's data, is not logged."""

    def broken(*_: object) -> None:
        raise ValueError("tenant's secret")

    monkeypatch.setattr(api.app.state.parts.catalog.models, "list", broken)  # type: ignore[attr-defined]
    response = api.get("/v1/models", headers=acme.headers)
    body = assert_problem(response, 500, "internal")
    assert "secret" not in response.text
    logged = capsys.readouterr()
    assert body["request_id"] in logged.out + logged.err
    assert "tenant's secret" not in logged.out + logged.err


def test_a_blob_store_without_room_is_a_503(api: TestClient, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only the operator can mend says when to come back, and none of the operator's details."""

    def full(*_: object) -> None:
        raise store.errors.DiskFull("/secret/folder")

    monkeypatch.setattr(api.app.state.parts.blobs, "adopt", full)  # type: ignore[attr-defined]
    response = upload(api, acme)
    assert_problem(response, 503, "disk_full")
    assert response.headers["retry-after"] == "2"
    assert "/secret" not in response.text


def test_two_applications_share_no_numbers(installation: Installation) -> None:
    """Metrics belong to one application: making a second one in a process works."""
    assert create_app(installation.settings) is not create_app(installation.settings)


def test_every_code_is_in_the_docs() -> None:
    """Each code stands with its status in the architecture page, and no other does."""
    page = (API.parent / "docs" / "architecture" / "01-api.md").read_text()
    documented = {(int(status), code) for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", page, re.MULTILINE)}
    assert documented == {(kind.status, code) for code, kind in PROBLEMS.items()}
