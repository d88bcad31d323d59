"""One job for one Idempotency-Key, clause by clause of the draft, and under real concurrency."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from api.errors import Problem
from api.idempotency import KEPT_SECONDS, idempotency_key, scoped
from store.jobs.back import Settlement
from tests.api.conftest import Account, Installation, assert_problem, submit
from tests.api.serving import Served, serving

AT_ONCE = 50


def _read(*values: bytes) -> str | None:
    return idempotency_key([(b"host", b"x"), *[(b"idempotency-key", value) for value in values]])


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b'"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (b"8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (rb'"a\"b\\c"', r'a"b\c'),
        (b'  "with spaces inside"  ', "with spaces inside"),
        (b'bare "quotes" inside', 'bare "quotes" inside'),
        (b"a" * 255, "a" * 255),
        (b'"' + b"a" * 255 + b'"', "a" * 255),
    ],
)
def test_a_key_is_a_string_or_bare(value: bytes, key: str) -> None:
    """Quoted as the draft has it, or as most clients send it: the same text is the same key."""
    assert _read(value) == key


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b'""', b"   ", b'"open', b'"', b'"a"b"', b'"a" "b"', b'"a";q=1', rb'"\n"', rb'"a\"', b"a" * 256),
        *(b'"' + b"a" * 256 + b'"', b"\x00", b"a\x7f", b"\xe9", b'"\xc3\xa9"', b'"a\tb"'),
    ],
)
def test_what_is_no_key_is_refused(value: bytes) -> None:
    """Empty, endless, unprintable, half quoted: refused with the header's name."""
    with pytest.raises(Problem) as caught:
        _read(value)
    assert (caught.value.code, caught.value.extension["field"]) == ("invalid_request", "Idempotency-Key")


def test_one_key_a_request() -> None:
    """None is none; two are refused, since nobody knows which was meant."""
    assert _read() is None
    with pytest.raises(Problem):
        _read(b"a", b"a")


def test_scopes_never_meet() -> None:
    """No key of the tenant's can be spelled like a token's."""
    assert len({scoped("k", model_id=None), scoped("k", model_id="mdl_1"), scoped("mdl_1:k", model_id=None)}) == 3


def test_the_same_request_is_the_same_job(api: TestClient, installation: Installation, acme: Account) -> None:
    """While it is queued 202, once it has ended 200 with its result, a failure included; always marked as replayed."""
    installation.ready(acme)
    first = submit(api, acme, 1, idempotency_key='"k"')
    assert "idempotent-replayed" not in first.headers
    again = submit(api, acme, 1, idempotency_key="k")
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])
    installation.work(lambda claim: Settlement(claim, "failed", error_type="model_error", error_message="no"))
    for headers in ({}, {"prefer": "wait=5"}):
        ended = submit(api, acme, 1, idempotency_key="k", **headers)
        assert (ended.status_code, ended.headers["idempotent-replayed"]) == (200, "true")
        assert (ended.json()["id"], ended.json()["status"]) == (first.json()["id"], "failed")
    assert installation.echo() == []


@pytest.mark.parametrize(
    "change",
    [
        {"json": {"input": 2}},
        {"json": {"input": 1, "timeout_seconds": 5}},
        {"json": {"input": 1, "deadline_seconds": 5}},
        {"json": {"input": 1, "cancel_after_seconds": 5}},
        {"json": {"input": 1, "webhook": "https://example.com/"}},
        {"json": {"input": 1, "version": 1}},
        {"json": {"input": 1}, "headers": {"Cancel-After": "5"}},
        {"content": b"1"},
        {"content": b"1", "headers": {"Content-Type": "text/plain"}},
        {"url": "/v1/models/second/jobs", "json": {"input": 1}},
    ],
)
def test_another_request_under_the_key_is_refused(
    change: dict[str, Any], api: TestClient, installation: Installation, acme: Account
) -> None:
    """Another input, another option, another kind of body or another model: 422, and the first job stands."""
    for name in ("echo", "second"):
        installation.ready(acme, name)
    first = submit(api, acme, 1, idempotency_key="k")
    request = {"url": "/v1/models/echo/jobs", **change}
    request["headers"] = {**acme.headers, "Idempotency-Key": "k", **change.get("headers", {})}
    assert_problem(api.post(**request), 422, "idempotency_mismatch")
    assert submit(api, acme, 1, idempotency_key="k").json()["id"] == first.json()["id"]
    assert len(installation.echo()) == 1


def test_a_refused_request_uses_up_no_key(api: TestClient, installation: Installation, acme: Account) -> None:
    """Over the rate, over the queue's quota, invalid, no such model: the key is good for the next try."""
    installation.ready(acme)
    headers = {**acme.headers, "Idempotency-Key": "k"}
    assert_problem(submit(api, acme, 1, name="nothing", idempotency_key="k"), 404, "model_not_found")
    assert_problem(
        api.post("/v1/models/echo/jobs", json={"input": 1, "version": 0}, headers=headers), 422, "invalid_request"
    )
    installation.quotas(acme, queued_jobs=0)
    assert_problem(submit(api, acme, 2, idempotency_key="k"), 429, "queue_full")
    installation.quotas(acme, queued_jobs=10, requests_per_minute=0)
    assert_problem(submit(api, acme, 3, idempotency_key="k", prefer="wait=1"), 429, "rate_limited")
    installation.quotas(acme, requests_per_minute=600)
    answer = submit(api, acme, 4, idempotency_key="k")
    assert answer.status_code == 202
    assert "idempotent-replayed" not in answer.headers


def test_a_replay_is_not_held_against_the_quotas(api: TestClient, installation: Installation, acme: Account) -> None:
    """Asking again for what was accepted is no new job: a full queue doesn't refuse it."""
    installation.ready(acme)
    first = submit(api, acme, 1, idempotency_key="k")
    installation.quotas(acme, queued_jobs=1)
    assert_problem(submit(api, acme, 1), 429, "queue_full")
    assert submit(api, acme, 1, idempotency_key="k").json()["id"] == first.json()["id"]


def test_a_tokens_keys_are_its_own(api: TestClient, installation: Installation, acme: Account) -> None:
    """What a tenant's key has used is neither replayed to an access token nor refused to it, and the other way."""
    installation.ready(acme)
    made = api.post("/v1/models/echo/tokens", headers=acme.headers).json()
    token = Account(acme.tenant, made["token"])
    first = submit(api, acme, 1, idempotency_key="k").json()["id"]
    of_token = submit(api, token, 2, idempotency_key="k")
    assert of_token.status_code == 202
    assert "idempotent-replayed" not in of_token.headers
    assert submit(api, token, 2, idempotency_key="k").json()["id"] == of_token.json()["id"] != first


def test_a_key_expires_as_it_is_said(api: TestClient, installation: Installation, acme: Account) -> None:
    """The document states a day, Redis keeps it as long; a job forgotten before is said to be."""
    installation.ready(acme)
    assert "24 hours" in api.get("/openapi.json").text
    job_id = submit(api, acme, 1, idempotency_key="k").json()["id"]
    (name,) = installation.redis.keys("idem:*")  # type: ignore[misc]  # a list: the client is not an asynchronous one
    assert KEPT_SECONDS - 60 < installation.redis.ttl(name) <= KEPT_SECONDS
    installation.redis.delete(f"job:{job_id}")
    assert_problem(submit(api, acme, 1, idempotency_key="k"), 404, "job_not_found")
    installation.redis.delete(name)
    assert submit(api, acme, 1, idempotency_key="k").json()["id"] != job_id


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "wait=1"}], ids=["", "waiting"])
def test_parallel_requests_make_one_job(
    prefer: dict[str, str], served: Served, installation: Installation, acme: Account, tmp_path: Path
) -> None:
    """Fifty identical requests at once, to two API processes: one job is made, and all of them are told of it."""
    installation.ready(acme)

    async def ask(client: httpx.AsyncClient, url: str) -> httpx.Response:
        headers = {**acme.headers, "Idempotency-Key": "once", **prefer}
        return await client.post(f"{url}/v1/models/echo/jobs", json={"input": [1, "x"]}, headers=headers)

    async def all_at_once(urls: list[str]) -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            return await asyncio.gather(*[ask(client, urls[n % len(urls)]) for n in range(AT_ONCE)])

    with serving(installation.settings, tmp_path / "second.log") as second:
        answers = asyncio.run(all_at_once([served.url, second.url]))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len(installation.echo()) == 1
