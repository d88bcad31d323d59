"""Batches: many inputs out, their results in the same order."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import cloche
from cloche import BatchResult, Client
from tests.client.scripted import Answer, Script

BATCHES = "POST /v1/models/digits/batches"
BATCH = "GET /v1/batches/bat_1"
RESULTS = f"{BATCH}/results"


def batch(**changes: Any) -> dict[str, Any]:
    """A batch's JSON as the engine writes it."""
    counts = {"queued": 2, "running": 0, "succeeded": 0, "failed": 0, "canceled": 0, "expired": 0}
    return {"id": "bat_1", "model": "digits", "version": 1, "status": "running", "total": 2, **counts, **changes}


def line(index: int, **changes: Any) -> bytes:
    """A result as the engine writes it."""
    plain = {"index": index, "id": None, "status": "succeeded", "output": None, "output_encoding": "json"}
    return json.dumps({**plain, "error": None, "predict_seconds": 0.5, **changes}, ensure_ascii=False).encode() + b"\n"


def test_inputs_go_as_json_lines(script: Script, client: Client) -> None:
    """A line each, with the names given for them; the options in the query, and a key of its own."""
    script.on(BATCHES, Answer(202, batch()))
    made = client.batch("digits", iter([1, {"a": "ü\n"}]), ids=["x", "y"], version=3, webhook="https://x.example/h")
    (asked,) = script.to(BATCHES)
    assert [json.loads(text) for text in asked.body.splitlines()] == [
        {"input": 1, "id": "x"},
        {"input": {"a": "ü\n"}, "id": "y"},
    ]
    assert asked.path.endswith("?version=3&webhook=https%3A%2F%2Fx.example%2Fh")
    assert asked.headers["Idempotency-Key"]
    assert (made.id, made.total, len(made), made.ended) == ("bat_1", 2, 2, False)


@pytest.mark.parametrize("bad", [b"bytes", object(), float("nan")])
def test_what_json_does_not_know_is_not_sent(script: Script, client: Client, bad: object) -> None:
    """The place of the input is told; nothing is sent."""
    with pytest.raises(cloche.InputNotSendable, match="input 1") as caught:
        client.batch("digits", [1, bad])
    assert str(caught.value).count("can't be sent") == 1
    assert script.asked == []


@pytest.mark.parametrize("one", ["abc", b"abc", {"a": 1, "b": 2}])
def test_one_input_is_no_batch(script: Script, client: Client, one: Any) -> None:
    """A text, bytes or a dict in the list's place is refused: its letters, numbers or keys are nobody's inputs."""
    with pytest.raises(cloche.InputNotSendable, match=r"many inputs.*Pass a list"):
        client.batch("digits", one)
    assert script.asked == []


@pytest.mark.parametrize("ids", [["x"], ["x", "y", "z"], ["x", 2]])
def test_ids_are_one_text_for_each_input(script: Script, client: Client, ids: list[str]) -> None:
    """Fewer, more, or something else are refused here, and nothing is sent: no result gets the wrong name."""
    with pytest.raises(cloche.InputNotSendable, match="ids"):
        client.batch("digits", iter([1, 2]), ids=ids)
    assert script.asked == []


def test_a_key_of_ones_own(script: Script, client: Client, job: Callable[..., Any]) -> None:
    """Whatever characters it has it arrives as one string, for jobs and batches alike; what is none is not sent."""
    script.on(BATCHES, Answer(202, batch()))
    script.on("POST /v1/models/digits/jobs", Answer(202, job()))
    client.batch("digits", [1], idempotency_key='"a\\ b')
    client.submit("digits", 1, idempotency_key='"a\\ b')
    assert {asked.headers["Idempotency-Key"] for asked in script.asked} == {r'"\"a\\ b"'}
    for bad in ("", "é", "a\nb", "x" * 256):
        with pytest.raises(cloche.InputNotSendable, match="255 printable"):
            client.batch("digits", [1], idempotency_key=bad)
        with pytest.raises(cloche.InputNotSendable, match="255 printable"):
            client.submit("digits", 1, idempotency_key=bad)
    assert len(script.asked) == 2


def test_results_come_in_order_once_it_has_ended(script: Script, client: Client, pauses: list[float]) -> None:
    """Waits, then reads: bytes as bytes, failures as results, never as exceptions."""
    script.on(BATCHES, Answer(202, batch()))
    script.on(BATCH, Answer(200, batch(running=1)), Answer(200, batch(status="completed", succeeded=1, failed=1)))
    error = {"type": "model_error", "message": "no", "traceback": ""}
    text = line(0, output="AAE=", output_encoding="base64", id="a")
    text += line(1, status="failed", output_encoding=None, error=error, output=None)
    script.on(RESULTS, Answer(200, text))
    made = client.batch("digits", [1, 2])
    assert list(made.results(timeout=60)) == [
        BatchResult(0, "a", "succeeded", b"\x00\x01", None, 0.5),
        BatchResult(1, None, "failed", None, error, 0.5),
    ]
    assert pauses == [0.1]
    assert made.counts == {"queued": 2, "running": 0, "succeeded": 1, "failed": 1, "canceled": 0, "expired": 0}


def test_waiting_has_an_end(script: Script, client: Client) -> None:
    """WaitTimedOut, and the batch goes on."""
    script.on(BATCH, Answer(200, batch()))
    found = client.get_batch("bat_1")
    with pytest.raises(cloche.WaitTimedOut, match="still running"):
        found.wait(timeout=0)


def test_line_ends_of_unicode_end_no_line(script: Script, client: Client) -> None:
    """What Python takes for a line's end may stand inside JSON."""
    script.on(BATCH, Answer(200, batch(status="completed")))
    script.on(RESULTS, Answer(200, line(0, output="a\u2028b\x85c") + line(1, output=2)))
    assert [result.output for result in client.get_batch("bat_1").results()] == ["a\u2028b\x85c", 2]


def test_canceling(script: Script, client: Client) -> None:
    """What the engine says then is what is known; one that has ended stays as it is."""
    script.on(BATCH, Answer(200, batch()), Answer(200, batch(status="completed")))
    script.on("POST /v1/batches/bat_1/cancel", Answer(200, batch(status="canceling")))
    assert client.get_batch("bat_1").cancel().to_dict()["status"] == "canceling"
    problem = {"code": "batch_not_cancelable", "detail": "It has ended.", "status": 409}
    script.on("POST /v1/batches/bat_1/cancel", Answer(409, problem))
    ended = cloche._batches.Batch(batch(), transport=client._transport)
    script.next("POST /v1/batches/bat_1/cancel")
    assert ended.cancel().ended


def test_batches_are_fetched_page_by_page(script: Script, client: Client) -> None:
    """All of them, newest first."""
    first = {"batches": [batch(id="bat_2")], "next_cursor": "bat_2"}
    script.on("GET /v1/batches", Answer(200, first), Answer(200, {"batches": [batch()], "next_cursor": None}))
    assert [found.id for found in client.batches()] == ["bat_2", "bat_1"]
