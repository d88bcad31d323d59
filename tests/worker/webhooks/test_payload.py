"""What an endpoint is told about outputs and texts that come out of a sandbox."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from store.jobs.records import JobRecord
from store.links import Links
from store.payloads import Stored
from worker.webhooks import payload


def data(**fields: Any) -> dict[str, Any]:
    """The payload's data for a succeeded job with these fields."""
    base = {"id": "job_1", "tenant_id": "ten_1", "model": "m", "version_id": "ver_1", "version_number": 1}
    job = JobRecord(**{**base, "state": "succeeded", "created_ms": 1, "finished_ms": 1_700_000_000_123, **fields})
    body = json.loads(payload.build(job))
    assert body["timestamp"] == "2023-11-14T22:13:20.123Z"
    found: dict[str, Any] = body["data"]
    return found


def test_bytes_travel_as_base64() -> None:
    """An output of bytes is base64, and says so."""
    told = data(output=b"\x89PNG", output_kind="bytes")
    assert (base64.b64decode(told["output"]), told["output_encoding"]) == (b"\x89PNG", "base64")


@pytest.mark.parametrize(
    "output", [b'1,"status":"failed"', b'{"a":1}}', b"", b"NaN", b'"\xff"', b"[" * 60_000, b'{"a":1} {"b":2}']
)
def test_an_output_that_is_not_one_json_value_is_left_out(output: bytes) -> None:
    """Nothing from a sandbox can add to, or break, what we sign: only whole JSON values are spliced in."""
    told = data(output=output)
    assert (told["output"], told["status"], told["output_encoding"]) == (None, "succeeded", "json")


def test_an_output_is_told_exactly() -> None:
    """Numbers beyond 64 bits and long fractions arrive as the model wrote them."""
    output = b'{"big":123456789012345678901234567890,"pi":3.14159265358979323846,"u":"\\ud800"}'
    job = JobRecord(
        id="j",
        tenant_id="t",
        model="m",
        version_id="v",
        version_number=1,
        state="succeeded",
        created_ms=1,
        output=output,
    )
    assert output in payload.build(job)


def test_printed_surrogates_do_not_break_the_body() -> None:
    """Logs and errors with lone surrogates become question marks."""
    told = data(logs="a\udcffb", state="failed", error_type="model_error", error_message="\ud800")
    assert (told["logs"], told["error"]["message"]) == ("a?b", "?")


def test_an_output_in_the_blob_store_is_told_by_its_address() -> None:
    """The output is null, its kind is told, and where it is."""
    told = data(output_kind="bytes", output_stored=Stored("job_1.out-1", 2**20))
    assert (told["output"], told["output_encoding"], told["output_bytes"]) == (None, "base64", 2**20)
    assert told["urls"]["output"] == "/v1/jobs/job_1/output"


def test_a_success_carries_a_link_that_needs_no_key() -> None:
    """The signature is the API's own, ends a lifetime after the job did, and is the same in every attempt."""
    links = Links(b"k" * 32, 3600)
    finished = int(time.time())
    job = JobRecord(
        id="job_1",
        tenant_id="t",
        model="m",
        version_id="v",
        version_number=1,
        state="succeeded",
        created_ms=1,
        finished_ms=finished * 1000 + 999,
        output=b"1",
    )
    body = payload.build(job, links=links, public_url="https://cloche.example")
    assert body == payload.build(job, links=links, public_url="https://cloche.example")
    address = urlsplit(json.loads(body)["data"]["urls"]["output"])
    assert (address.netloc, address.path) == ("cloche.example", "/v1/jobs/job_1/output")
    query = dict(parse_qsl(address.query))
    assert query["expires"] == str(finished + 3600)
    assert links.opens("job_1", expires=query["expires"], signature=query["signature"])


@pytest.mark.parametrize("state", ["failed", "canceled", "expired"])
def test_only_a_success_has_a_signed_link(state: Any) -> None:
    """Of another end, or of a start, there is no output to open."""
    job = JobRecord(
        id="job_1", tenant_id="t", model="m", version_id="v", version_number=1, state=state, created_ms=1, started_ms=1
    )
    for event in ("", "job.started"):
        told = json.loads(payload.build(job, event=event, links=Links(b"k" * 32, 3600)))
        assert told["data"]["urls"]["output"] == "/v1/jobs/job_1/output"


def test_a_public_url_makes_links_absolute() -> None:
    """With CLOCHE_PUBLIC_URL set, the links can be followed as they are."""
    job = JobRecord(
        id="job_1", tenant_id="t", model="m", version_id="v", version_number=1, state="canceled", created_ms=1
    )
    body = json.loads(payload.build(job, public_url="https://cloche.example/"))
    assert body["type"] == "job.canceled"
    assert body["data"]["urls"]["self"] == "https://cloche.example/v1/jobs/job_1"
