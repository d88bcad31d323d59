"""GET /v1/usage."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from policies.quotas import QUOTA_NAMES
from store.jobs.back import Settlement
from store.jobs.ledger import OpenLedger
from store.ledger import COUNTED, LedgerPage, Line
from tests.api.conftest import Account, Installation, assert_problem, submit
from worker.ledger import write_page


def test_what_ended_jobs_used(api: TestClient, installation: Installation, acme: Account, other: Account) -> None:
    """Every end, second and byte of the tenant's own jobs, by day and model; somebody else's are not seen."""
    installation.ready(acme)
    installation.ready(other)
    for value in ("a", "bb"):
        submit(api, acme, value)
    submit(api, other, "c")
    installation.work(lambda claim: Settlement(claim, "succeeded", 1.5, output=b"12345", gpus=2))
    submit(api, acme, "d")
    installation.work(lambda claim: Settlement(claim, "failed", 0.25, error_type="model_error"))
    job = submit(api, acme, "e").json()
    api.post(job["urls"]["cancel"], headers=acme.headers)
    assert api.get("/v1/usage", headers=acme.headers).json()["days"] == []  # not written yet
    write_page(OpenLedger(installation.redis), installation.catalog)
    found = api.get("/v1/usage", headers=acme.headers).json()
    today = datetime.now(UTC).date()
    assert (found["from"], found["to"]) == (str(today.replace(day=1)), str(today))
    counts = {
        "jobs": {"succeeded": 2, "failed": 1, "platform": 0, "canceled": 1, "expired": 0},
        "run_seconds": 3.25,
        "gpu_seconds": 6.0,
        "input_bytes": 3 + 4 + 3 + 3,  # with their quotes
        "output_bytes": 10,
    }
    assert found["days"] == [{"date": str(today), "model": "echo", **counts}]
    assert found["total"] == counts


def test_a_range_of_days_and_one_model(api: TestClient, installation: Installation, acme: Account) -> None:
    """Both ends count in; the total is of what is shown."""
    counts = dict.fromkeys(COUNTED.values(), 1)
    days = [date(2025, 3, 1) + timedelta(days=number) for number in range(5)]
    lines = {Line(day, acme.tenant.id, model): counts for day in days for model in ("My model", "m")}
    installation.catalog.usage.write(LedgerPage("p", lines))

    def ask(**query: str) -> tuple[int, int]:
        found = api.get("/v1/usage", params=query, headers=acme.headers).json()
        return len(found["days"]), found["total"]["jobs"]["expired"]

    assert ask(**{"from": "2025-03-01", "to": "2025-03-05"}) == (10, 10)
    assert ask(**{"from": "2025-03-02", "to": "2025-03-03", "model": "My model"}) == (2, 2)
    assert ask(to="2025-03-03") == (6, 6)  # from that month's first
    assert ask(**{"from": "2025-03-01", "to": "2025-03-05", "model": "a\0b"}) == (0, 0)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2025-13-01"}, "from"),
        ({"from": "20250301"}, "from"),
        ({"to": "tomorrow"}, "to"),
        ({"to": "\u0662025-03-01"}, "to"),
        ({"from": "2025-03-02", "to": "2025-03-01"}, "from"),
        ({"from": "2024-01-01", "to": "2025-01-01"}, "from"),
        ({"day": "2025-03-02"}, "day"),
    ],
)
def test_ranges_that_are_none(api: TestClient, acme: Account, query: dict[str, str], field: str) -> None:
    """Not a day, backwards, more than a year, or unknown: 422 that names the parameter."""
    body = assert_problem(api.get("/v1/usage", params=query, headers=acme.headers), 422, "invalid_request")
    assert body["field"] == field


def test_the_longest_range(api: TestClient, acme: Account) -> None:
    """A leap year fits."""
    query = {"from": "2024-01-01", "to": "2024-12-31"}
    assert api.get("/v1/usage", params=query, headers=acme.headers).status_code == 200


def test_an_access_token_sees_no_usage(api: TestClient, installation: Installation, acme: Account) -> None:
    """It may run one model; what the tenant uses is not its business."""
    installation.ready(acme)
    token = api.post("/v1/models/echo/tokens", headers=acme.headers).json()["token"]
    assert_problem(api.get("/v1/usage", headers={"Authorization": f"Bearer {token}"}), 403, "forbidden_scope")


def test_quotas_and_what_is_used_of_them(api: TestClient, installation: Installation, acme: Account) -> None:
    """Every quota with its limit; what jobs hold and spent, and what is stored, beside it."""
    installation.ready(acme)
    installation.quotas(acme, queued_jobs=5)
    submit(api, acme, "a")
    installation.work(lambda claim: Settlement(claim, "succeeded", 1.5, output=b"12345"))
    submit(api, acme, "bc")
    found = api.get("/v1/quotas", headers=acme.headers).json()["quotas"]
    assert set(found) == set(QUOTA_NAMES)
    assert found["queued_jobs"] == {"limit": 5, "used": 1}
    assert found["queued_bytes"]["used"] == 4
    assert found["kept_bytes"]["used"] == 512 + 5
    assert found["run_seconds_per_month"]["used"] == 1.5
    assert found["models"]["used"] == 1
    assert found["storage_bytes"]["used"] > 0
    assert found["timeout_seconds"] == {"limit": 30, "used": None}
