"""Inputs that are too large for Redis: streamed to a file, checked, kept in the blob store until their job ends."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

import store.errors
from store.payloads import Doomed, input_name
from tests.api.conftest import Account, Installation, assert_problem, submit

URL = "/v1/models/echo/jobs"
LARGE = 3 * 2**20


@pytest.fixture(autouse=True)
def ready(installation: Installation, acme: Account) -> None:
    """A model that echoes."""
    installation.ready(acme)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("content_type", "content", "output"),
    [
        ("application/octet-stream", os.urandom(LARGE), None),
        ("text/plain", "grüße ".encode() * 400_000, None),
        ("application/json", b'{"input": "' + b"x" * LARGE + b'", "timeout_seconds": 3}', b'"' + b"x" * LARGE + b'"'),
    ],
)
def test_a_large_input_reaches_the_worker_whole(
    api: TestClient,
    installation: Installation,
    acme: Account,
    *,
    content_type: str,
    content: bytes,
    output: bytes | None,
    chunked: bool,
) -> None:
    """Of every kind, with and without an announced length; Redis holds none of it, and no file is left over."""
    headers = {**acme.headers, "Content-Type": content_type}
    body: bytes | Iterator[bytes] = iter([content[at : at + 65_536] for at in range(0, len(content), 65_536)])
    response = api.post(URL, content=body if chunked else content, headers=headers)
    assert response.status_code == 202, response.text
    job_id = response.json()["id"]
    assert installation.stored() == {input_name(job_id)}
    assert not installation.redis.exists(f"in:{job_id}")
    assert installation.payloads.read(input_name(job_id)) == (output or content)
    assert installation.leftovers() == []
    (claim,) = installation.echo_large()
    assert claim.timeout_seconds == (3 if content_type == "application/json" else 30)


def test_a_small_chunked_input_goes_to_redis(api: TestClient, installation: Installation, acme: Account) -> None:
    """Only size decides; in JSON, that of the input alone."""
    assert api.post(URL, content=iter([b"ab", b"cd"]), headers=acme.headers).status_code == 202
    spaces = b'{"input": 1' + b" " * 300_000 + b"}"
    headers = {**acme.headers, "Content-Type": "application/json"}
    assert_problem(api.post(URL, content=b"{" + spaces, headers=headers), 400, "invalid_json")
    assert api.post(URL, content=spaces, headers=headers).status_code == 202
    assert sorted(claim.payload for claim in installation.echo()) == [b"1", b"abcd"]
    assert installation.stored() == set() and installation.leftovers() == []


@pytest.mark.parametrize(
    ("content_type", "content", "status", "code"),
    [
        ("application/json", b'{"input": "' + b"x" * LARGE, 400, "invalid_json"),
        ("application/json", b'{"input": "' + b"x" * LARGE + b'\xff"}', 400, "invalid_json"),
        ("application/json", b'{"put": "' + b"x" * LARGE + b'"}', 422, "invalid_request"),
        ("text/plain", b"x" * LARGE + b"\xc3", 422, "invalid_request"),
        ("text/plain; charset=latin-1", b"x" * LARGE, 422, "invalid_request"),
        ("application/octet-stream", b"x" * 5 * 2**20, 413, "input_too_large"),
        ("application/json", b'{"input": "' + b"x" * 4 * 2**20 + b'"}', 413, "input_too_large"),
    ],
)
def test_a_large_input_that_is_refused_leaves_nothing(
    api: TestClient,
    installation: Installation,
    acme: Account,
    *,
    content_type: str,
    content: bytes,
    status: int,
    code: str,
) -> None:
    """What is wrong with a small input is wrong with a large one; no file, no payload."""
    headers = {**acme.headers, "Content-Type": content_type}
    assert_problem(api.post(URL, content=content, headers=headers), status, code)
    assert installation.stored() == set() and installation.leftovers() == []


def test_text_says_where_it_is_broken(api: TestClient, acme: Account) -> None:
    """The byte is counted from the beginning of the input, across the pieces it is read in."""
    headers = {**acme.headers, "Content-Type": "text/plain"}
    for at in (0, 2**20 - 1, 2**20, 2**20 + 7):
        content = b"a" * at + b"\xff" + b"a" * (LARGE - at)
        body = assert_problem(api.post(URL, content=content, headers=headers), 422, "invalid_request")
        assert f"at byte {at};" in body["detail"]


def test_an_input_whose_job_is_not_admitted_is_deleted(
    api: TestClient, installation: Installation, acme: Account
) -> None:
    """No room in the queue, no such model, an idempotency key that is known."""
    installation.quotas(acme, queued_jobs=0)
    assert_problem(api.post(URL, content=b"x" * LARGE, headers=acme.headers), 429, "queue_full")
    assert_problem(api.post(URL + "?version=9", content=b"x" * LARGE, headers=acme.headers), 404, "version_not_found")
    assert installation.stored() == set()
    installation.quotas(acme, queued_jobs=10)
    keyed = {**acme.headers, "Idempotency-Key": "k"}
    first = api.post(URL, content=b"x" * LARGE, headers=keyed).json()["id"]
    again = api.post(URL, content=iter([b"x" * 2**20] * 3), headers=keyed)
    assert (again.json()["id"], again.headers["idempotent-replayed"]) == (first, "true")
    assert_problem(api.post(URL, content=b"x" * LARGE + b"y", headers=keyed), 422, "idempotency_mismatch")
    assert installation.stored() == {input_name(first)}


def test_a_key_is_the_same_for_either_way(api: TestClient, installation: Installation, acme: Account) -> None:
    """A retry that comes chunked, and so takes the way of large bodies, is the same request."""
    keyed = {**acme.headers, "Idempotency-Key": "k"}
    first = api.post(URL, content=b"small", headers=keyed).json()["id"]
    assert api.post(URL, content=iter([b"sm", b"all"]), headers=keyed).json()["id"] == first
    value = "x" * LARGE
    one = submit(api, acme, value, idempotency_key="j").json()["id"]
    body = json.dumps({"version": None, "input": value}).encode()
    headers = {**acme.headers, "Content-Type": "application/json", "Idempotency-Key": "j"}
    assert api.post(URL, content=iter([body]), headers=headers).json()["id"] == one


def test_without_room_nothing_is_admitted(
    api: TestClient, installation: Installation, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, and no job that would wait for an input which isn't there."""

    def full(*_: object) -> None:
        raise store.errors.DiskFull("/secret/folder")

    monkeypatch.setattr(api.app.state.parts.payloads, "adopt", full)  # type: ignore[attr-defined]
    assert_problem(api.post(URL, content=b"x" * LARGE, headers=acme.headers), 503, "disk_full")
    assert installation.redis.zcard(f"jobs:{acme.tenant.id}") == 0
    assert installation.leftovers() == []


def test_a_canceled_job_gives_its_input_back(api: TestClient, installation: Installation, acme: Account) -> None:
    """As soon as somebody works the list off."""
    job = api.post(URL, content=b"x" * LARGE, headers=acme.headers).json()
    api.post(job["urls"]["cancel"], headers=acme.headers)
    assert Doomed(installation.redis).take(9) == [input_name(job["id"])]
