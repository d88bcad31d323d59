"""A job's life as server-sent events: what is said of one that has ended, and who may listen."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.events import STREAMS_PER_TENANT
from api.news import Cursor, Event, news, read_cursor
from store.jobs.back import Settlement
from store.jobs.records import JobRecord, Look, Printed
from tests.api.conftest import Account, Installation, assert_problem, submit

Heard = tuple[str, str, Any]  # id, event, data


def parse(stream: str) -> list[Heard]:
    """The events of a stream, read the way the specification has a browser read them."""
    heard: list[Heard] = []
    data: list[str] = []
    name = last_id = ""
    unsigned = re.sub(r"\?expires=[0-9]+&signature=[\w-]+", "", stream)  # links change every now and then
    for line in unsigned.splitlines():
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                heard.append((last_id, name, json.loads("\n".join(data))))
            name, data = "", []
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            last_id = value
    return heard


def _ended(api: TestClient, installation: Installation, acme: Account, **settled: Any) -> str:
    job_id: str = submit(api, acme, 5).json()["id"]
    values = {"predict_seconds": 0.01, "output": b"25", "logs": "one\ntwo\n", **settled}
    installation.work(lambda claim: Settlement(claim, values.pop("ending", "succeeded"), **values))
    return job_id


def test_of_an_ended_job_everything_is_said_at_once(api: TestClient, installation: Installation, acme: Account) -> None:
    """Its printed text, its end, and the very job that GET gives; then the stream is over."""
    installation.ready(acme)
    job_id = _ended(api, installation, acme)
    answer = api.get(f"/v1/jobs/{job_id}/events", headers=acme.headers)
    assert answer.headers["content-type"] == "text/event-stream"
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")
    assert answer.text.startswith("retry: 1000\n\n")
    heard = parse(answer.text)
    assert [name for _, name, _ in heard] == ["log", "status", "result"]
    assert heard[0][2] == {"attempt": 1, "text": "one\ntwo\n"}
    job = api.get(f"/v1/jobs/{job_id}", headers=acme.headers).json()
    assert f"/v1/jobs/{job_id}/output?expires=" in job["urls"]["output"] and "&signature=" in answer.text
    job["urls"]["output"] = f"/v1/jobs/{job_id}/output"
    status = {"id": job_id, "status": "succeeded", "attempt": 1, "at": job["finished_at"]}
    assert heard[1][2] == status
    assert heard[2][2] == job


def test_a_listener_goes_on_where_it_was(api: TestClient, installation: Installation, acme: Account) -> None:
    """With the last id, as a header or in the query, only what follows is said; after the result there is nothing."""
    installation.ready(acme)
    path = f"/v1/jobs/{_ended(api, installation, acme)}/events"
    heard = parse(api.get(path, headers=acme.headers).text)
    for number, (last_id, _, _) in enumerate(heard[:-1]):
        again = api.get(path, headers={**acme.headers, "Last-Event-ID": last_id})
        assert parse(again.text) == heard[number + 1 :]
        assert parse(api.get(path, params={"last_event_id": last_id}, headers=acme.headers).text) == heard[number + 1 :]
    over = api.get(path, headers={**acme.headers, "Last-Event-ID": heard[-1][0]})
    assert (over.status_code, over.content) == (204, b"")


@pytest.mark.parametrize("last_id", ["7", "running.1", "running.1.x.0", "done.1.all.0", "running.1.1-1.0\n", "r" * 500])
def test_an_id_that_is_none_of_ours_is_refused(
    last_id: str, api: TestClient, installation: Installation, acme: Account
) -> None:
    """A place in the stream that it never gave is no place."""
    installation.ready(acme)
    path = f"/v1/jobs/{_ended(api, installation, acme)}/events"
    for header in ({}, {"Last-Event-ID": "running.1.1-1.0"}):  # right or not, the other one says where to go on
        answer = api.get(path, params={"last_event_id": last_id}, headers={**acme.headers, **header})
        assert assert_problem(answer, 422, "invalid_request")["field"] == "Last-Event-ID"


def test_only_who_may_read_a_job_may_listen(
    api: TestClient, installation: Installation, acme: Account, other: Account
) -> None:
    """Another tenant, and a token of another model, hear that there is no such job; strangers need a key."""
    for name in ("echo", "second"):
        installation.ready(acme, name)
    job_id = _ended(api, installation, acme)
    path = f"/v1/jobs/{job_id}/events"
    assert_problem(api.get(path, headers=other.headers), 404, "job_not_found")
    assert_problem(api.get(path), 401, "unauthorized")
    assert_problem(api.get("/v1/jobs/job_x/events", headers=acme.headers), 404, "job_not_found")

    def token(name: str) -> dict[str, str]:
        made = api.post(f"/v1/models/{name}/tokens", headers=acme.headers).json()
        return {"Authorization": f"Bearer {made['token']}"}

    assert_problem(api.get(path, headers=token("second")), 404, "job_not_found")
    assert api.get(path, headers=token("echo")).status_code == 200


def test_streams_of_a_tenant_are_counted(
    api: TestClient, installation: Installation, acme: Account, other: Account
) -> None:
    """One more than the limit is refused with 429 and a time to come back; other tenants are not concerned."""
    for account in (acme, other):
        installation.ready(account)
    job_id = _ended(api, installation, acme)
    streaming = api.app.state.parts.streaming  # type: ignore[attr-defined]  # always our FastAPI
    streaming[acme.tenant.id] = STREAMS_PER_TENANT
    refused = api.get(f"/v1/jobs/{job_id}/events", headers=acme.headers)
    assert assert_problem(refused, 429, "too_many_streams")["limit"] == STREAMS_PER_TENANT
    assert refused.headers["retry-after"] == "5"
    of_other = _ended(api, installation, other)
    assert api.get(f"/v1/jobs/{of_other}/events", headers=other.headers).status_code == 200
    streaming[acme.tenant.id] -= 1
    assert api.get(f"/v1/jobs/{job_id}/events", headers=acme.headers).status_code == 200
    assert streaming == {acme.tenant.id: STREAMS_PER_TENANT - 1}


def test_no_text_ends_an_event(api: TestClient, installation: Installation, acme: Account) -> None:
    """Line ends, "data:" and control characters in what a model printed or answered stay inside their event."""
    installation.ready(acme)
    nasty = "a\r\n\r\nevent: result\ndata: {}\n\nid: 1\n\x00\x1e\x0b\u2028\u0085:\r"
    output = json.dumps({"x": nasty}).replace('{"x"', '{\r"x"\n\n').encode() + b"\r\n\r"
    job_id = _ended(api, installation, acme, logs=nasty, output=output)
    stream = api.get(f"/v1/jobs/{job_id}/events", headers=acme.headers).content
    blocks = [block for block in stream.split(b"\n\n") if block]
    assert b"\r" not in stream
    assert [line.partition(b":")[0] for block in blocks for line in block.split(b"\n")].count(b"event") == 3
    heard = {}
    for block in blocks[1:]:
        fields = [line.partition(b": ")[::2] for line in block.split(b"\n")]
        name = dict(fields)[b"event"].decode()
        heard[name] = json.loads(b"\n".join(value for field, value in fields if field == b"data"))
    assert heard["log"]["text"] == nasty
    assert heard["result"]["output"] == {"x": nasty}


def _job(state: Any = "running", **changes: Any) -> JobRecord:
    values = {"attempts": 1, "fence": 1, "created_ms": 1, "started_ms": 2, "finished_ms": 3, **changes}
    return JobRecord("job_1", "ten_1", "m", "ver_1", 1, state, **values)


def _said(look: Look, cursor: Cursor) -> list[tuple[str, Any]]:
    return [(event.name, json.loads(event.data).get("text")) for event in news(look, cursor)]


def test_what_was_heard_while_it_ran_is_not_said_twice() -> None:
    """At the end only that part of the logs follows which nobody heard of this run."""
    heard = (Printed("5-0", 1, 1, "first run"), Printed("6-0", 2, 2, "one\n"), Printed("7-0", 2, 2, "two"))
    job = _job("succeeded", attempts=2, fence=2, logs="one\ntwo\nthree\n")
    listener = Cursor("running", 2, "6-0")
    assert _said(Look(job, heard), listener) == [
        ("log", "two"),
        ("log", "\nthree\n"),
        ("status", None),
        ("result", None),
    ]
    assert _said(Look(_job("succeeded", fence=3, logs="all of it"), heard), Cursor("running", 1, "7-0"))[0] == (
        "log",
        "all of it",
    )


def test_long_after_the_end_a_listener_still_finds_its_place() -> None:
    """Once only the record is left, the text goes on after as many characters as were heard of its last attempt."""
    job = _job("succeeded", attempts=2, fence=2, logs="zwölf two three")
    look = Look(_job("running", attempts=2, fence=2), (Printed("6-0", 2, 2, "zwölf "),))
    (heard,) = news(look, Cursor("running", 2))
    assert (heard.name, heard.cursor.heard) == ("log", 6)
    assert _said(Look(job, ()), heard.cursor) == [("log", "two three"), ("status", None), ("result", None)]
    assert _said(Look(job, ()), Cursor("running", 1, "5-0", 4))[0] == ("log", "zwölf two three")


def test_nothing_is_heard_of_an_attempt_before_it_is_announced() -> None:
    """Text that was printed after the record was read waits for the next look."""
    later = Look(_job("running", attempts=1), (Printed("5-0", 1, 1, "one"), Printed("6-0", 2, 2, "two")))
    assert _said(later, Cursor("running", 1)) == [("log", "one")]


def test_where_logs_and_printed_text_differ_nothing_is_repeated() -> None:
    """A run that C code printed in, or with a gap, ends without a remainder: the result holds what is kept."""
    job = _job("failed", logs="python\n", error_type="model_error")
    look = Look(job, (Printed("1-0", 1, 1, "from C\npython\n"),))
    assert _said(look, Cursor("running", 1, "1-0")) == [("status", None), ("result", None)]


def test_each_attempt_is_announced() -> None:
    """A job that was put back is said to be queued, then to run in its next attempt."""
    cursor = Cursor()
    said = []
    for job in (_job("queued", attempts=0), _job(), _job(), _job("queued"), _job(attempts=2)):
        for event in news(Look(job, ()), cursor):
            cursor = event.cursor
            said.append((json.loads(event.data)["status"], json.loads(event.data)["attempt"]))
    assert said == [("queued", 0), ("running", 1), ("queued", 1), ("running", 2)]


def test_a_cursor_is_what_it_was_written_as() -> None:
    """Every place in a stream survives being written into an id and read back."""
    for cursor in (Cursor("queued", 0), Cursor("running", 3, "1732000000000-17", 99), Cursor("result", 1, "all")):
        assert read_cursor(str(cursor)) == cursor
        assert f"id: {cursor}\n".encode() in Event("status", b"{}", cursor).encode()
