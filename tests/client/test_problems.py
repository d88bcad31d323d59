"""From problems to exceptions."""

from __future__ import annotations

import pytest

import cloche
from cloche import Client, Retry
from tests.client.conftest import KEY
from tests.client.scripted import Answer, Script


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "invalid_json", cloche.RequestInvalid),
        (401, "unauthorized", cloche.NotAuthenticated),
        (403, "forbidden_scope", cloche.NotAllowed),
        (403, "tenant_suspended", cloche.NotAllowed),
        (403, "quota_models", cloche.QuotaExceeded),
        (403, "quota_versions", cloche.QuotaExceeded),
        (404, "model_not_found", cloche.NotFound),
        (409, "model_not_ready", cloche.ModelNotReady),
        (409, "something_new", cloche.RequestInvalid),
        (413, "quota_storage", cloche.QuotaExceeded),
        (413, "input_too_large", cloche.RequestInvalid),
        (415, "not_multipart", cloche.RequestInvalid),
        (422, "idempotency_mismatch", cloche.RequestInvalid),
        (429, "queue_full", cloche.RateLimited),
        (500, "internal", cloche.EngineUnavailable),
        (503, "redis_unavailable", cloche.EngineUnavailable),
    ],
)
def test_each_problem_has_its_exception(script: Script, status: int, code: str, error: type[cloche.ApiError]) -> None:
    """A problem becomes the one exception its status and code stand for, with all it said."""
    body = {"type": "urn:x", "title": "T", "status": status, "code": code, "detail": "A sentence.", "limit_bytes": 5}
    script.on("GET /v1/models", Answer(status, body, {"Content-Type": "application/problem+json"}))
    with Client(script.url, KEY, retry=Retry(attempts=1)) as client, pytest.raises(cloche.ApiError) as caught:
        client.models()
    assert type(caught.value) is error
    assert (caught.value.status, caught.value.code, caught.value.detail) == (status, code, "A sentence.")
    assert caught.value.extensions == {"limit_bytes": 5}
    assert str(caught.value) == f"A sentence. [{code}, HTTP {status}]"


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"", b"[1]", b"\xff\xfe", b'"text"'])
def test_a_body_that_is_no_problem_is_still_an_exception(script: Script, body: bytes) -> None:
    """A proxy's page, or nothing at all, is told apart by its status."""
    script.on("GET /v1/models", Answer(502, body))
    with Client(script.url, KEY, retry=Retry(attempts=1)) as client, pytest.raises(cloche.EngineUnavailable) as caught:
        client.models()
    assert caught.value.code == "http_502"
    assert caught.value.detail


def test_source_refused_prints_like_a_linter() -> None:
    """Violations come in the order of the file, each with its line and a caret under its column."""
    late = cloche.Violation(9, 5, "CL301", "`eval` is not allowed.", "compute it directly", "    eval(x)")
    early = cloche.Violation(2, 2, "CL201", "`os` may not be imported.", "", "\timport os")
    refused = cloche.SourceRefused([late, early], path="my_model.py")
    assert refused.violations == (late, early)
    assert str(refused).splitlines() == [
        "The policy refuses my_model.py: 2 violations. Nothing was run.",
        "",
        "my_model.py:2:2: CL201 `os` may not be imported.",
        "    \timport os",
        "    \t^",
        "",
        "my_model.py:9:5: CL301 `eval` is not allowed.",
        "        eval(x)",
        "        ^",
        "    help: compute it directly",
    ]


def test_load_failed_lists_the_keys_that_do_not_fit() -> None:
    """Missing, unexpected and mis-shaped keys are each named, a hundred of them counted."""
    missing = [f"layer.{i}" for i in range(100)]
    wrong = [{"name": "head.weight", "expected": [10, 4], "found": [10, 5]}]
    detail = {"missing": missing, "unexpected": ["old"], "mismatched": wrong}
    error = {"type": "weights_mismatch", "message": "The weights don't fit.", "detail": detail}
    failed = cloche.LoadFailed(error, model="digits", version=3)
    assert failed.missing == tuple(missing)
    assert failed.type == "weights_mismatch"
    assert "… and 88 more" in str(failed)
    assert "head.weight: the class has [10, 4], the weights [10, 5]" in str(failed)
    assert "in the weights, not in the class:\n    old" in str(failed)
