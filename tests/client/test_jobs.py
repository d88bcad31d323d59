"""Asking: inputs out, outputs in, waiting and giving up."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import cloche
from cloche import Client
from tests.client.conftest import KEY
from tests.client.scripted import Answer, Script

Make = Callable[..., dict[str, Any]]
JOBS = "POST /v1/models/digits/jobs"
JOB = "GET /v1/jobs/job_1"


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "a string", "", [1, [2]], {"a": {"b": None}}, "ü€😀"])
def test_json_inputs_go_as_json(value: object, script: Script, client: Client, job: Make) -> None:
    """What JSON knows arrives as the ``input`` of a JSON body, a str among it."""
    script.on(JOBS, Answer(202, job()))
    client.submit("digits", value, timeout_seconds=2.5, webhook="https://x.example/h")
    (asked,) = script.to(JOBS)
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert json.loads(asked.body) == {"input": value, "timeout_seconds": 2.5, "webhook": "https://x.example/h"}


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_go_as_they_are(kind: Callable[[bytes], object], script: Script, client: Client, job: Make) -> None:
    """Bytes are the whole body, untouched; options travel in the query."""
    raw = bytes(range(256))
    script.on(JOBS, Answer(202, job()))
    client.submit("digits", kind(raw), deadline_seconds=9, version=2, webhook="https://x.example/?a=b&c=d")
    (asked,) = script.to(JOBS)
    assert asked.body == raw
    assert asked.headers["Content-Type"] == "application/octet-stream"
    assert asked.path.endswith("?version=2&deadline_seconds=9&webhook=https%3A%2F%2Fx.example%2F%3Fa%3Db%26c%3Dd")


def test_when_to_give_up_is_the_engines_to_keep(script: Script, client: Client, job: Make) -> None:
    """How long to queue, to compute and to live at all are options of the job, with either kind of input."""
    script.on(JOBS, Answer(200, job(status="succeeded", output=1, output_encoding="json")))
    limits = {"timeout_seconds": 2.5, "deadline_seconds": 9.0, "cancel_after_seconds": 60.0}
    client.predict("digits", [1], **limits)
    client.submit("digits", b"raw", **limits)
    as_json, as_query = script.to(JOBS)
    assert json.loads(as_json.body) == {"input": [1], **limits}
    assert as_query.path.endswith("?timeout_seconds=2.5&deadline_seconds=9.0&cancel_after_seconds=60.0")


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), {"a": float("inf")}, b"x".hex, {(1, 2): 3}])
def test_what_json_does_not_know_is_not_sent(value: object, script: Script, client: Client) -> None:
    """A set, a NaN or an object is refused here, with what to pass instead."""
    with pytest.raises(cloche.InputNotSendable, match="Pass bytes"):
        client.submit("digits", value)
    assert script.asked == []


def test_names_with_spaces_are_quoted(script: Script, client: Client, job: Make) -> None:
    """A model's name may hold spaces; no name can lead the request elsewhere."""
    script.on("POST /v1/models/My%20model/jobs", Answer(202, job()))
    script.on("POST /v1/models/..%2F..%2Fjobs/jobs", Answer(202, job()))
    client.submit("My model", 1)
    client.submit("../../jobs", 1)
    assert len(script.asked) == 2


def test_predict_returns_the_output(script: Script, client: Client, job: Make) -> None:
    """A job that ends while the engine holds the request is answered by that one request."""
    script.on(JOBS, Answer(200, job(status="succeeded", output={"digit": 7}, output_encoding="json")))
    assert client.predict("digits", b"png", timeout=10) == {"digit": 7}
    (asked,) = script.asked
    assert int(asked.headers["Prefer"].removeprefix("wait=")) in (9, 10)


def test_predict_waits_on(script: Script, client: Client, job: Make) -> None:
    """A job that takes longer than one request is asked for again until it ends."""
    script.on(JOBS, Answer(202, job()))
    ended = job(status="succeeded", output=[1], output_encoding="json")
    script.on(JOB, Answer(200, job(status="running")), Answer(200, job(status="running")), Answer(200, ended))
    assert client.predict("digits", 1, timeout=None) == [1]
    assert len(script.to(JOB)) == 3
    assert all(asked.headers["Prefer"] == "wait=30" for asked in script.asked)


def test_bytes_come_back_as_bytes(script: Script, client: Client, job: Make) -> None:
    """An output in base64 is the bytes that the model returned; a null output is None."""
    raw = bytes(range(256))
    coded = base64.b64encode(raw).decode()
    script.on(
        JOBS,
        Answer(200, job(status="succeeded", output=coded, output_encoding="base64")),
        Answer(200, job(status="succeeded", output=coded, output_encoding="json")),
        Answer(200, job(status="succeeded", output=None, output_encoding="json")),
    )
    assert client.predict("digits", 1) == raw
    assert client.predict("digits", 1) == coded
    assert client.predict("digits", 1) is None


def test_time_is_up_here_only(script: Script, client: Client, job: Make) -> None:
    """WaitTimedOut is a TimeoutError and carries the job, which can still be waited for."""
    script.on(JOBS, Answer(202, job()))
    script.on(JOB, Answer(200, job(status="succeeded", output=5, output_encoding="json")))
    with pytest.raises(TimeoutError) as caught:
        client.predict("digits", 1, timeout=0)
    assert isinstance(caught.value, cloche.WaitTimedOut)
    assert caught.value.job is not None
    assert caught.value.job.result() == 5


def test_the_time_that_was_up_is_the_callers(script: Script, client: Client, job: Make) -> None:
    """The sentence of WaitTimedOut says how long the caller waited in all, not what was left of it in the end."""
    script.on(JOBS, Answer(202, job(status="running")))
    script.on(JOB, Answer(200, job(status="running")))
    with pytest.raises(cloche.WaitTimedOut, match=r"still running after 0\.05 s; it goes on"):
        client.predict("digits", 1, timeout=0.05)


def test_status_is_fresh_until_the_end(script: Script, client: Client, job: Make) -> None:
    """``status`` asks each time it is read, and no longer once the job has ended."""
    script.on(JOBS, Answer(202, job()))
    script.on(JOB, Answer(200, job(status="running")), Answer(200, job(status="succeeded", logs="done\n")))
    submitted = client.submit("digits", 1)
    assert [submitted.status for _ in range(3)] == ["running", "succeeded", "succeeded"]
    assert submitted.logs() == "done\n"
    assert len(script.to(JOB)) == 2


def test_times_are_datetimes(script: Script, client: Client, job: Make) -> None:
    """The engine's instants are aware datetimes in UTC."""
    script.on(JOBS, Answer(202, job()))
    submitted = client.submit("digits", 1)
    assert submitted.created_at == datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    assert submitted.started_at is None


def test_a_failed_job_raises_the_models_own_error(script: Script, client: Client, job: Make) -> None:
    """JobFailed carries the machine-readable type, the traceback, the signal and the logs."""
    error = {"type": "crashed", "message": "The process died.", "traceback": "model.py, line 3", "signal": 11}
    script.on(JOBS, Answer(200, job(status="failed", error=error, logs="before the crash\n")))
    with pytest.raises(cloche.JobFailed, match="The process died") as caught:
        client.predict("digits", 1)
    assert (caught.value.type, caught.value.signal) == ("crashed", 11)
    assert "model.py, line 3" in str(caught.value)
    assert caught.value.job.logs() == "before the crash\n"


@pytest.mark.parametrize(("status", "error"), [("canceled", cloche.JobCanceled), ("expired", cloche.JobExpired)])
def test_other_endings(
    status: str, error: type[cloche.JobUnsuccessful], script: Script, client: Client, job: Make
) -> None:
    """Canceled and expired jobs each have their own exception, under one root."""
    script.on(JOBS, Answer(200, job(status=status)))
    with pytest.raises(error):
        client.predict("digits", 1)


def test_cancel(script: Script, client: Client, job: Make) -> None:
    """cancel() asks once; a job that ended in the meantime stays as it is and is no error."""
    script.on(JOBS, Answer(202, job()))
    problem = {"code": "job_not_cancelable", "detail": "It has ended."}
    script.on("POST /v1/jobs/job_1/cancel", Answer(202, job(status="canceled")), Answer(409, problem))
    script.on(JOB, Answer(200, job(status="succeeded")))
    first = client.submit("digits", 1).cancel()
    assert first.status == "canceled"
    first.cancel()
    assert len(script.to("POST /v1/jobs/job_1/cancel")) == 1
    assert client.submit("digits", 1).cancel().status == "succeeded"


def test_jobs_are_listed_page_by_page(script: Script, client: Client, job: Make) -> None:
    """The next page is fetched when it is needed, and a listed job's output when it is asked for."""
    script.on(
        "GET /v1/jobs",
        Answer(200, {"jobs": [job(id="job_1", status="succeeded"), job(id="job_2")], "next_cursor": "c/1"}),
        Answer(200, {"jobs": [job(id="job_3")], "next_cursor": None}),
    )
    script.on(JOB, Answer(200, job(status="succeeded", output="whole", output_encoding="json")))
    listed = client.jobs(model="digits", status="queued")
    first = next(listed)
    assert len(script.to("GET /v1/jobs")) == 1
    assert first.result() == "whole"
    assert [entry.id for entry in listed] == ["job_2", "job_3"]
    pages = script.to("GET /v1/jobs")
    assert pages[0].path == "/v1/jobs?limit=100&model=digits&status=queued"
    assert pages[1].path.endswith("&cursor=c%2F1")


def test_the_functions_of_the_module(script: Script, job: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """cloche.predict and cloche.submit work on the engine of the environment; an access token is a key."""
    monkeypatch.setenv("CLOCHE_URL", script.url)
    monkeypatch.setenv("CLOCHE_API_KEY", KEY)
    script.on(JOBS, Answer(200, job(status="succeeded", output=1, output_encoding="json")))
    assert cloche.predict("digits", 1) == 1
    assert cloche.submit("digits", 1, api_key="a token").result() == 1
    assert script.asked[-1].headers["Authorization"] == "Bearer a token"


@pytest.mark.parametrize(
    ("media", "content", "output"),
    [
        ("application/json", b'{"a": 1.5}', {"a": 1.5}),
        ("image/png", b"\x89PNG\x00", b"\x89PNG\x00"),
        ("application/octet-stream", b"[1]", b"[1]"),
    ],
)
def test_a_large_output_is_fetched_from_its_address(
    script: Script, client: Client, job: Make, media: str, content: bytes, output: object
) -> None:
    """Whoever asks for the result doesn't see that it was too large for the job's JSON."""
    script.on(JOBS, Answer(200, job(status="succeeded", output_encoding="base64", output_bytes=300_000)))
    script.on(f"{JOB}/output", Answer(200, content, {"Content-Type": media}))
    assert client.predict("digits", 1) == output
    (asked,) = script.to(f"{JOB}/output")
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
