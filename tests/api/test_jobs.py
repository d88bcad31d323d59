"""/v1/jobs: reading, waiting, canceling, listing."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from store.jobs.back import Claim, JobBack, Settlement
from tests.api.conftest import Account, Installation, assert_problem, submit


def test_a_failed_job_tells_why(api: TestClient, installation: Installation, acme: Account) -> None:
    """Type, message, the tenant's own traceback, what was printed."""
    installation.ready(acme)
    job = submit(api, acme).json()

    def fail(claim: Claim) -> Settlement:
        return Settlement(
            claim,
            "failed",
            error_type="crashed",
            error_message="It crashed.",
            error_traceback="Traceback …",
            error_signal=11,
            logs="hello\n",
            logs_truncated=True,
        )

    installation.work(fail)
    ended = api.get(job["urls"]["self"], headers=acme.headers).json()
    expected = {"type": "crashed", "message": "It crashed.", "traceback": "Traceback …", "signal": 11}
    assert (ended["status"], ended["error"]) == ("failed", expected)
    assert (ended["logs"], ended["logs_truncated"], ended["output"]) == ("hello\n", True, None)
    body = assert_problem(api.get(job["urls"]["output"], headers=acme.headers), 409, "output_not_available")
    assert body["job_status"] == "failed"


def test_a_running_job_shows_what_it_has_printed(api: TestClient, installation: Installation, acme: Account) -> None:
    """Asked while it runs, a job's logs are what this attempt has printed by then, also where a wait ends in vain; in
    the end they are the record's.
    """
    installation.ready(acme)
    job = submit(api, acme).json()
    back = JobBack(installation.redis, worker="tester")
    seen: list[str] = []

    def look(**headers: str) -> str:
        shown = api.get(job["urls"]["self"], headers={**acme.headers, **headers}).json()
        return f"{shown['status']}: {shown['logs']}"

    def lost(claim: Claim) -> Settlement:
        back.printed(claim, "of the first attempt")
        return Settlement(claim, "retry", error_message="gone")

    def run(claim: Claim) -> Settlement:
        seen.append(look())
        back.printed(claim, "loading ")
        seen.append(look())
        back.printed(claim, "\u00fc\n")
        seen.append(look(Prefer="wait=1"))
        return Settlement(claim, "succeeded", 0.1, output=b"1", logs="loading \u00fc\nbye\n")

    installation.work(lost)
    assert look() == "queued: "
    installation.work(run)
    assert seen == ["running: ", "running: loading ", "running: loading \u00fc\n"]
    assert look() == "succeeded: loading \u00fc\nbye\n"


def test_waiting_for_an_ended_job_answers_at_once(api: TestClient, installation: Installation, acme: Account) -> None:
    """Prefer: wait on a job that has ended doesn't wait."""
    installation.ready(acme)
    job = submit(api, acme).json()
    installation.echo()
    response = api.get(job["urls"]["self"], headers={**acme.headers, "Prefer": "wait=60"})
    assert (response.status_code, response.json()["status"]) == (200, "succeeded")


@pytest.mark.parametrize(
    ("content_type", "body", "media"),
    [
        ("application/json", b'{"input": [1, 2.50, "\\u00e9"]}', "application/json"),
        ("application/pdf", b"%PDF\x00\xff", "application/octet-stream"),
    ],
)
def test_the_output_alone(
    api: TestClient, installation: Installation, acme: Account, *, content_type: str, body: bytes, media: str
) -> None:
    """The output's own bytes, under a type no browser will run."""
    installation.ready(acme)
    headers = {**acme.headers, "Content-Type": content_type}
    job = api.post("/v1/models/echo/jobs", content=body, headers=headers).json()
    assert_problem(api.get(job["urls"]["output"], headers=acme.headers), 409, "output_not_available")
    (claim,) = installation.echo()
    response = api.get(job["urls"]["output"], headers=acme.headers)
    assert (response.status_code, response.content) == (200, claim.payload)
    assert response.headers["content-type"] == media
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-disposition"].startswith("attachment; ")


def test_canceling_a_queued_job(api: TestClient, installation: Installation, acme: Account) -> None:
    """Canceled at once, never run; canceling again is the same as once."""
    installation.ready(acme)
    job = submit(api, acme).json()
    for _ in range(2):
        response = api.post(job["urls"]["cancel"], headers=acme.headers)
        assert (response.status_code, response.json()["status"]) == (200, "canceled")
    assert installation.echo() == []


def test_canceling_an_ended_job(api: TestClient, installation: Installation, acme: Account) -> None:
    """409 says how it ended; the outcome stays."""
    installation.ready(acme)
    job = submit(api, acme).json()
    installation.echo()
    body = assert_problem(api.post(job["urls"]["cancel"], headers=acme.headers), 409, "job_not_cancelable")
    assert body["job_status"] == "succeeded"
    assert api.get(job["urls"]["self"], headers=acme.headers).json()["output"] == 1


@pytest.mark.parametrize("job_id", ["nope", "job_nope", "job_" + "0" * 26, "job_%00", "x" * 1000, "job_*"])
def test_jobs_that_never_were(api: TestClient, acme: Account, job_id: str) -> None:
    """Any id that isn't a job's is 404, whatever it looks like."""
    assert_problem(api.get(f"/v1/jobs/{job_id}", headers=acme.headers), 404, "job_not_found")
    assert_problem(api.get(f"/v1/jobs/{job_id}/output", headers=acme.headers), 404, "job_not_found")
    assert_problem(api.post(f"/v1/jobs/{job_id}/cancel", headers=acme.headers), 404, "job_not_found")


def test_pages_hold_every_job_once(api: TestClient, installation: Installation, acme: Account) -> None:
    """Newest first, no job twice, none left out, and a cursor until the last page."""
    installation.ready(acme)
    made = [submit(api, acme, n).json()["id"] for n in range(7)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/v1/jobs?limit=3{cursor}", headers=acme.headers).json()
        seen += [job["id"] for job in page["jobs"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == sorted(made, reverse=True)


def test_pages_can_be_filtered(api: TestClient, installation: Installation, acme: Account) -> None:
    """By model and by status."""
    installation.ready(acme)
    installation.ready(acme, "other one")
    ended = submit(api, acme).json()["id"]
    installation.echo()
    queued = submit(api, acme).json()["id"]
    third = submit(api, acme, name="other one").json()["id"]

    def ids(query: str) -> list[str]:
        return [job["id"] for job in api.get(f"/v1/jobs?{query}", headers=acme.headers).json()["jobs"]]

    assert ids("status=succeeded") == [ended]
    assert ids("model=echo") == [queued, ended]
    assert ids("model=other%20one&status=queued") == [third]
    assert ids("model=nope") == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=1&limit=2",
        "cursor=x",
        "cursor=",
        "status=done",
        "page=2",
        "limit=\uff11",
    ],
)
def test_queries_that_are_wrong(api: TestClient, acme: Account, query: str) -> None:
    """What isn't known or isn't right is refused with the field's name."""
    body = assert_problem(api.get(f"/v1/jobs?{query}", headers=acme.headers), 422, "invalid_request")
    assert body["field"] == query.partition("=")[0]
