"""Listening to a job: event by event, over connections that break."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import cloche
from cloche import Client
from cloche._events import parse
from tests.client.scripted import Answer, Script

Make = Callable[..., dict[str, Any]]
JOBS = "POST /v1/models/digits/jobs"
EVENTS = "GET /v1/jobs/job_1/events"


def stream(*events: tuple[str, str, Any], comment: bool = True) -> Answer:
    """A stream with these events (id, kind, data)."""
    text = "retry: 1000\n\n" + (": alive\n\n" if comment else "")
    text += "".join(f"id: {i}\nevent: {kind}\ndata: {json.dumps(data)}\n\n" for i, kind, data in events)
    return Answer(200, text.encode(), {"Content-Type": "text/event-stream"})


def status(state: str) -> tuple[str, str, Any]:
    """A status event."""
    return f"{state}.1.0-0", "status", {"id": "job_1", "status": state, "attempt": 1, "at": "2026-01-02T03:04:05.678Z"}


def printed(number: int, text: str) -> tuple[str, str, Any]:
    """A piece of text."""
    return f"running.1.{number}-0", "log", {"attempt": 1, "text": text}


def test_events_come_in_order_and_the_job_knows_its_end(script: Script, client: Client, job: Make) -> None:
    """The last event is the job itself, so that nobody has to ask for its result."""
    ended = job(status="succeeded", output=5, output_encoding="json", logs="ab")
    script.on(JOBS, Answer(202, job()))
    script.on(EVENTS, stream(status("running"), printed(1, "a"), printed(2, "b"), ("result.1.all", "result", ended)))
    submitted = client.submit("digits", 1)
    heard = list(submitted.events())
    assert [event.kind for event in heard] == ["status", "log", "log", "result"]
    assert heard[0].data["status"] == "running"
    assert isinstance(heard[0], cloche.Event)
    assert (submitted.result(), submitted.logs()) == (5, "ab")
    assert not script.to("GET /v1/jobs/job_1")


def test_a_broken_connection_goes_on_where_it_was(
    script: Script, client: Client, job: Make, pauses: list[float]
) -> None:
    """Ended early, cut, told to come back later: the next request carries the last id, and nothing is lost."""
    result = ("result.1.all", "result", job(status="succeeded"))
    away = Answer(503, {"code": "redis_unavailable", "detail": "Away."}, {"Retry-After": "2"})
    script.on(JOBS, Answer(202, job()))
    script.on(EVENTS, stream(printed(1, "a")), Answer(cut=True), away, stream(printed(2, "b\u2028\n")), stream(result))
    assert list(client.submit("digits", 1).logs(follow=True)) == ["a", "b\u2028\n"]
    ids = [asked.headers.get("Last-Event-ID") for asked in script.to(EVENTS)]
    assert ids == [None, "running.1.1-0", "running.1.1-0", "running.1.1-0", "running.1.2-0"]
    assert len(pauses) == 4
    assert 2.0 in pauses


def test_nothing_more_to_hear(script: Script, client: Client, job: Make) -> None:
    """204 says that everything was heard."""
    script.on(JOBS, Answer(202, job()))
    script.on(EVENTS, Answer(204, b""))
    assert list(client.submit("digits", 1).events()) == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(404, {"code": "job_not_found", "detail": "None."}), cloche.NotFound),
        (Answer(429, {"code": "too_many_streams", "detail": "Close some."}, {"Retry-After": "5"}), cloche.RateLimited),
        (Answer(cut=True), cloche.ConnectionFailed),
        (stream(), cloche.ConnectionFailed),
    ],
)
def test_what_stays_wrong_is_raised(
    answer: Answer, error: type[Exception], script: Script, client: Client, job: Make, pauses: list[float]
) -> None:
    """A job that is unknown at once, a refusal after as many attempts as any request gets, an engine that went away
    after half a minute.
    """
    script.on(JOBS, Answer(202, job()))
    script.on(EVENTS, answer)
    with pytest.raises(error):
        list(client.submit("digits", 1).events())
    asked = len(script.to(EVENTS))
    if error is cloche.ConnectionFailed:
        assert sum(pauses) >= 30, "an engine that went away was given up too soon"
    else:
        assert asked == (1 if error is cloche.NotFound else 6)


def test_events_may_arrive_in_any_pieces() -> None:
    """Cut anywhere, with either line end, data over several lines: the events are the same."""
    whole = b': hi\r\n\r\nid: a\r\nevent: log\r\ndata: {\ndata: "text": 1}\n\nevent: new\ndata: 1\n\ndata: 2\n\nid: b\n'
    whole += b'event:log\ndata:{}\n\nevent: log\ndata: {"never": "ended"}\n'
    for size in range(1, len(whole)):
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        assert [(event.id, event.data) for event in parse(pieces)] == [("a", {"text": 1}), ("b", {})]


def test_leaving_the_loop_hangs_up(script: Script, client: Client, job: Make) -> None:
    """Who has heard enough breaks out, and the connection is closed."""
    script.on(JOBS, Answer(202, job()))
    script.on(EVENTS, stream(status("queued"), status("running")))
    events = client.submit("digits", 1).events()
    assert next(iter(events)).data["status"] == "queued"
    events.close()  # type: ignore[attr-defined]  # a generator, though the type says less
    assert isinstance(client._transport._http, httpx.Client)
    assert client._transport._http._transport._pool.connections == []  # type: ignore[attr-defined]  # httpx's own
