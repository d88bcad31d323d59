"""What a tenant used, asked by the SDK."""

from __future__ import annotations

from datetime import date

from cloche import Client, Quota, UsageDay
from tests.client.scripted import Answer, Script

TOTALS = {
    "jobs": {"succeeded": 2, "failed": 1, "platform": 0, "canceled": 0, "expired": 0},
    "run_seconds": 1.5,
    "gpu_seconds": 0.0,
    "input_bytes": 7,
    "output_bytes": 9,
}
ANSWER = {
    "from": "2026-11-01",
    "to": "2026-11-21",
    "days": [{"date": "2026-11-20", "model": "digits", **TOTALS}],
    "total": TOTALS,
}


def test_usage_is_days_and_a_total(script: Script, client: Client) -> None:
    """Dates are dates; without arguments nothing is asked for in particular."""
    script.on("GET /v1/usage", Answer(200, ANSWER))
    usage = client.usage()
    assert (usage.first, usage.last) == (date(2026, 11, 1), date(2026, 11, 21))
    [day] = usage.days
    assert isinstance(day, UsageDay)
    assert (day.date, day.model, day.jobs["succeeded"], day.run_seconds) == (date(2026, 11, 20), "digits", 2, 1.5)
    assert (usage.total.jobs["failed"], usage.total.output_bytes) == (1, 9)
    (asked,) = script.to("GET /v1/usage")
    assert "?" not in asked.path


def test_a_range_and_a_model_are_asked_for(script: Script, client: Client) -> None:
    """They travel in the query."""
    script.on("GET /v1/usage", Answer(200, ANSWER))
    client.usage(date(2026, 11, 1), date(2026, 11, 21), model="digits")
    (asked,) = script.to("GET /v1/usage")
    assert asked.path == "/v1/usage?from=2026-11-01&to=2026-11-21&model=digits"


def test_quotas_have_a_limit_and_what_is_used(script: Script, client: Client) -> None:
    """By name; nothing is used of what limits one job."""
    quotas = {"queued_jobs": {"limit": 10, "used": 3}, "input_bytes": {"limit": 100, "used": None}}
    script.on("GET /v1/quotas", Answer(200, {"quotas": quotas}))
    assert client.quotas() == {"queued_jobs": Quota(10, 3), "input_bytes": Quota(100, None)}
