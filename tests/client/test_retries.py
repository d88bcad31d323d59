"""What is sent again, when, and what never is."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from cloche import Client, ConnectionFailed, EngineUnavailable, RateLimited, RequestInvalid, Retry, Upload
from tests.client.conftest import KEY
from tests.client.scripted import Answer, Script

JOBS = "POST /v1/models/digits/jobs"
BUSY = {"code": "redis_unavailable", "detail": "The job store does not answer."}


def test_a_resent_job_carries_the_same_idempotency_key(
    script: Script, client: Client, job: Callable[..., dict[str, Any]]
) -> None:
    """A submit that is answered 503, then cut off, then accepted asks three times with one key: one job."""
    script.on(JOBS, Answer(503, BUSY), Answer(cut=True), Answer(202, job()))
    assert client.submit("digits", [1]).id == "job_1"
    keys = {asked.headers["Idempotency-Key"] for asked in script.to(JOBS)}
    assert len(script.to(JOBS)) == 3
    assert len(keys) == 1


def test_two_submits_have_two_idempotency_keys(
    script: Script, client: Client, job: Callable[..., dict[str, Any]]
) -> None:
    """Asking the same thing twice on purpose makes two jobs; a key of one's own is passed on."""
    script.on(JOBS, Answer(202, job()))
    client.submit("digits", [1])
    client.submit("digits", [1])
    client.submit("digits", [1], idempotency_key='my "own"')
    first, second, third = (asked.headers["Idempotency-Key"] for asked in script.to(JOBS))
    assert first != second
    assert third == r'"my \"own\""'


def test_retry_after_is_honoured(
    script: Script, client: Client, pauses: list[float], job: Callable[..., dict[str, Any]]
) -> None:
    """Retry-After in seconds is waited for exactly, whatever the backoff would say."""
    limited = Answer(429, {"code": "rate_limited", "detail": "Slower."}, {"Retry-After": "7"})
    script.on(JOBS, limited, limited, Answer(202, job()))
    client.submit("digits", 1)
    assert pauses == [7.0, 7.0]


def test_retry_after_as_a_date(script: Script, client: Client, pauses: list[float]) -> None:
    """Retry-After may be a date; one that passed means now."""
    past = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    script.on("GET /v1/models", Answer(503, BUSY, {"Retry-After": past}), Answer(200, {"models": []}))
    assert client.models() == []
    assert pauses == [0.0]


def test_too_much_patience_is_not_shown(script: Script, client: Client, pauses: list[float]) -> None:
    """An engine that asks for an hour gets an error at once, which says so."""
    script.on(JOBS, Answer(429, {"code": "rate_limited", "detail": "Slower."}, {"Retry-After": "3600"}))
    with pytest.raises(RateLimited) as caught:
        client.submit("digits", 1)
    assert caught.value.retry_after_seconds == 3600
    assert pauses == []


def test_a_callers_deadline_bounds_the_retries(script: Script, client: Client, pauses: list[float]) -> None:
    """predict never sleeps past its own timeout to try again."""
    script.on(JOBS, Answer(503, BUSY, {"Retry-After": "20"}))
    with pytest.raises(EngineUnavailable):
        client.predict("digits", 1, timeout=5)
    assert pauses == []


def test_retries_end(script: Script, client: Client, pauses: list[float]) -> None:
    """An engine that stays unavailable is asked six times, then its own words are raised."""
    script.on(JOBS, Answer(503, BUSY))
    with pytest.raises(EngineUnavailable, match="The job store does not answer") as caught:
        client.submit("digits", 1)
    assert caught.value.code == "redis_unavailable"
    assert len(script.to(JOBS)) == 6
    assert all(0 <= pause <= 0.2 * 2**i for i, pause in enumerate(pauses))


def test_what_is_wrong_is_not_sent_again(script: Script, client: Client) -> None:
    """A request the engine calls wrong is sent once."""
    script.on(JOBS, Answer(422, {"code": "invalid_request", "detail": "No."}))
    with pytest.raises(RequestInvalid):
        client.submit("digits", 1)
    assert len(script.to(JOBS)) == 1


def test_an_upload_that_may_have_arrived_is_not_sent_again(script: Script, client: Client, tmp_path: Path) -> None:
    """An upload cut off in the middle is an error, not a second version; one answered 503 is sent again."""
    (tmp_path / "model.py").write_text("class A: ...")
    (tmp_path / "w").write_bytes(b"weights")
    upload = Upload(name="a", source=tmp_path / "model.py", weights=tmp_path / "w")
    script.on("POST /v1/models", Answer(503, BUSY), Answer(cut=True))
    with pytest.raises(ConnectionFailed):
        client.upload(upload)
    assert len(script.to("POST /v1/models")) == 2
    assert all(b"weights" in asked.body for asked in script.to("POST /v1/models"))


def test_nobody_there(pauses: list[float]) -> None:
    """A refused connection is tried again, then named with the address that was asked."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        client = Client(url, KEY, retry=Retry(attempts=3, sleep=pauses.append))
        with client, pytest.raises(ConnectionFailed, match="Is the engine up") as caught:
            client.models()
    assert caught.value.url == url
    assert len(pauses) == 2


def test_an_engine_that_is_restarted_is_waited_for(
    script: Script, client: Client, pauses: list[float], job: Callable[..., dict[str, Any]]
) -> None:
    """Once an engine has answered, a request it must not miss is sent for half a minute, not only six times."""
    gone = (Answer(cut=True),) * 8
    script.on(JOBS, Answer(202, job()))
    script.on("GET /v1/jobs/job_1", *gone, Answer(200, job(status="succeeded", output=7, output_encoding="json")))
    assert client.submit("digits", 1).result() == 7
    assert len(script.to("GET /v1/jobs/job_1")) == 9
    assert len(pauses) == 8


def test_an_engine_that_stays_away_is_given_up(
    script: Script, client: Client, pauses: list[float], job: Callable[..., dict[str, Any]]
) -> None:
    """After half a minute of pauses it is an error, whatever it had answered before."""
    script.on(JOBS, Answer(202, job()))
    script.on("GET /v1/jobs/job_1", Answer(cut=True))
    with pytest.raises(ConnectionFailed):
        client.submit("digits", 1).result()
    assert 30 <= sum(pauses) <= 35


@pytest.mark.parametrize(("retry", "times"), [(Retry(attempts=1), 1), (Retry(first_seconds=0, sleep=[].append), 100)])
def test_patience_has_an_end(retry: Retry, times: int, script: Script, job: Callable[..., dict[str, Any]]) -> None:
    """Retries that are turned off stay off, and pauses of nothing are not made for ever."""
    script.on(JOBS, Answer(202, job()))
    script.on("GET /v1/jobs/job_1", Answer(cut=True))
    with Client(script.url, KEY, retry=retry) as client, pytest.raises(ConnectionFailed):
        client.submit("digits", 1).result()
    assert len(script.to("GET /v1/jobs/job_1")) == times
