"""What the answers to jobs say of quotas: RateLimit-Policy, RateLimit, Retry-After, and which quota is used up."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from api.ratelimits import seconds_to_next_month
from store.jobs.back import JobBack, Settlement
from tests.api.batching import URL
from tests.api.conftest import Account, Installation, assert_problem, submit
from tests.api.pumping import lines

_ITEM = re.compile(r'"(?P<name>[a-z_]+)"(?P<rest>(;[a-z]+=([0-9]{1,15}|"[ -!#-\[\]-~]*"))*)')


def items(header: str) -> dict[str, dict[str, str]]:
    """A list of strings with parameters, read as RFC 9651 spells it; anything else fails."""
    found: dict[str, dict[str, str]] = {}
    for part in header.split(", "):
        match = _ITEM.fullmatch(part)
        assert match, part
        assert match["name"] not in found
        pairs = (pair.split("=") for pair in match["rest"].split(";")[1:])
        found[match["name"]] = {name: value.strip('"') for name, value in pairs}
    return found


def violated(response: Response, code: str, policy: str) -> dict[str, Any]:
    """The answer is a 429 that names this policy everywhere it should, and says one and the same time to wait."""
    body = assert_problem(response, 429, code)
    assert body["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert body["violated-policies"] == [policy]
    left = items(response.headers["ratelimit"])
    assert left[policy]["r"] == "0"
    assert int(left[policy]["t"]) <= int(response.headers["retry-after"])
    assert items(response.headers["ratelimit-policy"])[policy]["q"] == str(body["limit"])
    return body


def test_an_accepted_job_says_what_is_left(api: TestClient, installation: Installation, acme: Account) -> None:
    """202 and a replayed 202 alike: the policies as they are set, and what remains of them."""
    installation.ready(acme)
    installation.quotas(acme, requests_per_minute=100, queued_jobs=3)
    for response in (submit(api, acme, idempotency_key="k"), submit(api, acme, idempotency_key="k")):
        assert response.status_code == 202
        assert items(response.headers["ratelimit-policy"]) == {
            "requests_per_minute": {"q": "100", "w": "60"},
            "queued_jobs": {"q": "3", "qu": "concurrent-requests"},
        }
        assert items(response.headers["ratelimit"]) == {
            "requests_per_minute": {"r": "9", "t": "1"},
            "queued_jobs": {"r": "2"},
        }


def test_a_batch_says_what_is_left(api: TestClient, installation: Installation, acme: Account) -> None:
    """202, a replayed one and 429 alike: rate and depth without its lines, and how many more may be open."""
    installation.ready(acme)
    installation.quotas(acme, requests_per_minute=100, queued_jobs=3, batches=2)
    submit(api, acme)

    def ask(key: str) -> Response:
        return api.post(URL, content=lines(1, 2, 3), headers={**acme.headers, "Idempotency-Key": key})

    for key, left in (("a", "1"), ("a", "1"), ("b", "0"), ("a", "0")):
        response = ask(key)
        assert response.status_code == 202
        assert items(response.headers["ratelimit-policy"]) == {
            "requests_per_minute": {"q": "100", "w": "60"},
            "queued_jobs": {"q": "3", "qu": "concurrent-requests"},
            "batches": {"q": "2", "qu": "concurrent-requests"},
        }
        found = items(response.headers["ratelimit"])
        assert found["requests_per_minute"]["r"] in ("9", "10")  # a place comes back every 0.6 s
        assert (found["queued_jobs"]["r"], found["batches"]["r"]) == ("2", left)
    refused = ask("c")
    assert violated(refused, "batches_full", "batches")["used"] == 2
    assert refused.headers["retry-after"] == "10"
    assert items(refused.headers["ratelimit"])["queued_jobs"]["r"] == "2"
    installation.quotas(acme, batches=0)
    body = violated(ask("d"), "batches_full", "batches")
    assert body["detail"] == "This tenant may not open batches; ask the operator."


def test_when_a_batch_may_be_opened_again_is_told_from_the_pace(
    api: TestClient, installation: Installation, acme: Account
) -> None:
    """The open batch that will have ended first says how long it is; at least a second and at most an hour."""
    installation.ready(acme)
    installation.quotas(acme, batches=2)
    ids = [api.post(URL, content=lines(*range(10)), headers=acme.headers).json()["id"] for _ in range(2)]
    now_ms = int(installation.redis.time()[0]) * 1000  # type: ignore[index]

    def wait_after(**done: int) -> int:
        for batch_id, (seconds, lines_done) in zip(ids, ((100, done["first"]), (10, done["second"])), strict=True):
            installation.redis.hset(f"batch:{batch_id}", mapping={"c": now_ms - seconds * 1000, "done": lines_done})
        refused = api.post(URL, content=lines(1), headers=acme.headers)
        violated(refused, "batches_full", "batches")
        return int(refused.headers["retry-after"])

    assert 25 <= wait_after(first=8, second=0) <= 30
    assert 10 <= wait_after(first=1, second=5) <= 15
    assert wait_after(first=10, second=5) == 1  # its end is being written
    installation.redis.hset(f"batch:{ids[0]}", "total", 10**6)
    installation.redis.hset(f"batch:{ids[1]}", "total", 10**6)
    assert wait_after(first=1, second=1) == 3600


def test_the_policies_follow_a_changed_quota(api: TestClient, installation: Installation, acme: Account) -> None:
    """The header is put together once, and anew as soon as the quotas change."""
    installation.ready(acme)
    assert items(submit(api, acme).headers["ratelimit-policy"])["queued_jobs"]["q"] == "10000"
    installation.quotas(acme, queued_jobs=7, requests_per_minute=2**53 - 1)
    policies = items(submit(api, acme).headers["ratelimit-policy"])
    assert policies["queued_jobs"]["q"] == "7"
    assert policies["requests_per_minute"]["q"] == "999999999999999"


def test_rate_and_depth_are_named(api: TestClient, installation: Installation, acme: Account) -> None:
    """A 429 for either says which, and still shows the other."""
    installation.ready(acme)
    installation.quotas(acme, requests_per_minute=20, queued_jobs=1)
    assert submit(api, acme).status_code == 202
    response = submit(api, acme)
    violated(response, "queue_full", "queued_jobs")
    assert items(response.headers["ratelimit"])["requests_per_minute"]["r"] == "1"
    installation.quotas(acme, queued_jobs=10)
    assert submit(api, acme).status_code == 202
    response = submit(api, acme)
    violated(response, "rate_limited", "requests_per_minute")
    assert 1 <= int(response.headers["retry-after"]) <= 3
    assert items(response.headers["ratelimit"])["queued_jobs"]["r"] == "8"
    installation.quotas(acme, requests_per_minute=0)
    violated(submit(api, acme), "rate_limited", "requests_per_minute")


def test_inputs_over_what_may_be_held(api: TestClient, installation: Installation, acme: Account) -> None:
    """429 while others hold the bytes, 413 where even an empty queue has no room; a canceled job makes some."""
    installation.ready(acme)
    installation.quotas(acme, queued_bytes=100)
    first = submit(api, acme, "a" * 78)  # two quotes around
    assert first.status_code == 202
    body = violated(submit(api, acme, "a" * 19), "queued_bytes_full", "queued_bytes")
    assert (body["used"], body["limit"]) == (80, 100)
    assert submit(api, acme, "a" * 18).status_code == 202
    body = assert_problem(submit(api, acme, "a" * 99), 413, "input_over_queued_bytes")
    assert body["limit_bytes"] == 100
    api.post(first.json()["urls"]["cancel"], headers=acme.headers)
    assert submit(api, acme, "a" * 78).status_code == 202
    installation.quotas(acme, queued_bytes=1000)
    assert submit(api, acme, "a" * 99).status_code == 202


def test_results_over_what_may_be_kept(api: TestClient, installation: Installation, acme: Account) -> None:
    """429 once ended jobs keep as much as the quota; what is kept can still be read."""
    installation.ready(acme)
    installation.quotas(acme, kept_bytes=1000)
    job = submit(api, acme, "a" * 500).json()
    installation.echo()
    body = violated(response := submit(api, acme), "kept_bytes_full", "kept_bytes")
    assert (body["used"], body["limit"]) == (512 + 502, 1000)
    assert 86_390 <= int(response.headers["retry-after"]) <= 86_403
    assert api.get(job["urls"]["self"], headers=acme.headers).json()["output"] == "a" * 500


def test_results_make_room_when_it_is_said(api: TestClient, installation: Installation, acme: Account) -> None:
    """Whoever waits as long as Retry-After says finds room."""
    installation.ready(acme)
    installation.quotas(acme, kept_bytes=512, result_seconds=2)
    submit(api, acme)
    installation.echo()
    response = submit(api, acme)
    violated(response, "kept_bytes_full", "kept_bytes")
    assert int(response.headers["retry-after"]) <= 5
    time.sleep(int(response.headers["retry-after"]))
    JobBack(installation.redis, worker="w").reap()  # as every worker does once a second
    assert submit(api, acme).status_code == 202


def test_a_tenant_that_may_queue_nothing_is_told_so(api: TestClient, installation: Installation, acme: Account) -> None:
    """Not to come back in a second: it is for the operator to change."""
    installation.ready(acme)
    installation.quotas(acme, queued_jobs=0)
    response = submit(api, acme)
    assert "ask the operator" in violated(response, "queue_full", "queued_jobs")["detail"]
    assert response.headers["retry-after"] == "60"


def test_the_months_seconds(api: TestClient, installation: Installation, acme: Account) -> None:
    """429 until the month is over, with the seconds until then."""
    installation.ready(acme)
    installation.quotas(acme, run_seconds_per_month=2)
    submit(api, acme)
    installation.work(lambda claim: Settlement(claim, "succeeded", predict_seconds=2.0, output=b"1"))
    response = submit(api, acme)
    violated(response, "quota_run_seconds", "run_seconds_per_month")
    now = datetime.now(UTC).timestamp() * 1000
    assert abs(int(response.headers["retry-after"]) - seconds_to_next_month(int(now))) <= 5


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-12-31T23:59:59.500+00:00", 1),
        ("2026-12-01T00:00:00+00:00", 31 * 86_400),
        ("2028-02-01T00:00:00.001+00:00", 29 * 86_400),
        ("2026-11-30T23:00:00+00:00", 3600),
    ],
)
def test_how_long_a_month_still_is(now: str, seconds: int) -> None:
    """Rounded up, over years and leap days, and never nothing."""
    assert seconds_to_next_month(round(datetime.fromisoformat(now).timestamp() * 1000)) == seconds
