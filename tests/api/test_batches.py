"""Batches: opened by the API, fed by pumps, collected in order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from store.catalog import Version
from store.payloads import Doomed
from tests.api.batching import URL, Ask, clean, ended, results, seen
from tests.api.conftest import Account, Installation, assert_problem, submit
from tests.api.pumping import Pump, Server, double, eventually, lines

# Opening


def test_an_accepted_batch_says_where_to_ask(api: TestClient, ask: Ask, acme: Account) -> None:
    """202 with its address, its numbers, and nothing run yet."""
    batch = ask(lines(1, 2, 3), "?timeout_seconds=2.5&webhook=https://x.example/h")
    assert (batch["status"], batch["total"], batch["queued"], batch["running"]) == ("running", 3, 3, 0)
    assert batch == seen(api, acme, batch)
    assert results(api, acme, batch) == []
    page = api.get("/v1/batches", headers=acme.headers).json()
    assert page == {"batches": [batch], "next_cursor": None}


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"{", "not JSON"),
        (b"", "it is empty"),
        (b" \r", "it is empty"),
        (b'\xef\xbb\xbf{"input": 1}', "byte order mark"),
        (b"1", "a line is"),
        (b'{"put": 1}', "a line is"),
        (b'{"input": 1, "x": 2}', "a line is"),
        (b'{"input": 1, "id": 5}', "a line is"),
        (b'{"input": 1, "id": ""}', "100 characters"),
        (b'{"input": "\xff"}', "not UTF-8"),
        (b'{"input": NaN}', "not JSON"),
        (b'{"input": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deeply"),
        (b'{"input": ' + b"9" * 5000 + b"}", "digits"),
    ],
)
def test_a_line_that_is_wrong_is_named(
    api: TestClient, installation: Installation, acme: Account, version: Version, bad: bytes, why: str
) -> None:
    """422 with the line's number and what is wrong; nothing is run, and nothing is left."""
    content = lines(*range(7)) + bad + b"\n" + lines(8)
    body = assert_problem(api.post(URL, content=content, headers=acme.headers), 422, "invalid_line")
    assert body["line"] == 8 and why in body["detail"], body
    assert installation.stored() == set() and installation.leftovers() == []
    assert installation.redis.keys("batch:*") == []


def test_what_a_batch_may_not_be(api: TestClient, installation: Installation, acme: Account, version: Version) -> None:
    """Empty, too long, too large, too many at once, of an input over its quota, with options that are none."""
    post = lambda content, query="": api.post(URL + query, content=content, headers=acme.headers)  # noqa: E731
    assert_problem(post(b""), 422, "invalid_line")
    assert assert_problem(post(b'{"input":1}\n' * 100_001), 422, "invalid_line")["line"] == 100_001
    for query in ("?timeout_seconds=31", "?timeout_seconds=x", "?timeout_seconds=nan", "?webhook=ftp://x", "?x=1"):
        assert_problem(post(lines(1), query), 422, "invalid_request")
    assert_problem(post(lines(1), "?version=2"), 404, "version_not_found")
    installation.quotas(acme, queued_bytes=50)
    assert assert_problem(post(lines(1, "x" * 49)), 413, "input_over_queued_bytes")["line"] == 2
    installation.quotas(acme, input_bytes=100, batch_bytes=1000, batches=1, queued_bytes=1000)
    assert assert_problem(post(lines(1, "x" * 99)), 413, "input_too_large")["line"] == 2
    assert assert_problem(post(lines(1) + b" " * 990), 413, "batch_too_large")["limit_bytes"] == 1000
    assert_problem(api.post(URL, content=iter([b" " * 600] * 2), headers=acme.headers), 413, "batch_too_large")
    assert post(lines(1)).status_code == 202
    assert assert_problem(post(lines(1)), 429, "batches_full")["used"] == 1
    assert len(installation.stored()) == 1 and installation.leftovers() == []


def test_the_same_request_is_the_same_batch(
    api: TestClient, ask: Ask, acme: Account, installation: Installation
) -> None:
    """Under one idempotency key; other lines or options under it are refused."""
    first = ask(lines(1, 2), Idempotency_Key="k")
    assert ask(lines(1, 2), Idempotency_Key="k")["id"] == first["id"]
    keyed = {**acme.headers, "Idempotency-Key": "k"}
    assert_problem(api.post(URL, content=lines(1, 3), headers=keyed), 422, "idempotency_mismatch")
    assert_problem(
        api.post(URL + "?timeout_seconds=1", content=lines(1, 2), headers=keyed), 422, "idempotency_mismatch"
    )
    assert len(installation.stored()) == 1


def test_batches_are_their_tenants(api: TestClient, ask: Ask, other: Account) -> None:
    """Another tenant's batch is unknown, whatever is asked of it; so is what never was one."""
    batch = ask(lines(1))
    for path in (batch["urls"]["self"], batch["urls"]["results"], "/v1/batches/bat_x", "/v1/batches/job_" + "0" * 26):
        assert_problem(api.get(path, headers=other.headers), 404, "batch_not_found")
    assert_problem(api.post(batch["urls"]["cancel"], headers=other.headers), 404, "batch_not_found")
    assert api.get("/v1/batches", headers=other.headers).json()["batches"] == []


def test_pages_hold_every_batch_once(api: TestClient, installation: Installation, ask: Ask, acme: Account) -> None:
    """Newest first, page by page."""
    installation.quotas(acme, batches=10)
    made = [ask(lines(number))["id"] for number in range(5)]
    found: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/v1/batches?limit=2{cursor}", headers=acme.headers).json()
        found += [batch["id"] for batch in page["batches"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == sorted(made, reverse=True)


# Feeding


def test_every_line_is_answered_in_its_place(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """In the order of the inputs, with the client's own ids, failures among them; and everything is tidied up."""
    values: list[Any] = [*range(700), "raise", "ü\n\u2028", None, "x" * 400_000]
    content = b"".join(
        json.dumps({"input": value, **({"id": f"n{n}"} if n % 2 else {})}).encode() + b"\n"
        for n, value in enumerate(values)
    )
    batch = ask(content)
    pumps()
    with Server(installation):
        eventually(ended(api, acme, batch))
    found = results(api, acme, batch)
    assert [line["index"] for line in found] == list(range(len(values)))
    assert [line["id"] for line in found] == [f"n{n}" if n % 2 else None for n in range(len(values))]
    doubled = [value * 2 if isinstance(value, int) else value for value in values]
    doubled[700] = None
    assert [line["output"] for line in found] == doubled
    assert [line["status"] for line in found] == ["failed" if v == "raise" else "succeeded" for v in values]
    assert found[700]["error"] == {"type": "model_error", "message": "as asked", "traceback": ""}
    now = seen(api, acme, batch)
    assert (now["status"], now["succeeded"], now["failed"], now["results"]) == ("completed", 703, 1, 704)
    assert now["finished_at"] and not now["queued"] and not now["running"]
    clean(installation, acme)
    for name in Doomed(installation.redis).take(1000):
        installation.payloads.delete(name)
    assert all(name.startswith(f"{batch['id']}.results") for name in installation.stored())


def test_a_batch_does_not_fill_the_queue(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """However many lines, only about a second's worth of them waits; the tenant's own job is answered amid them."""
    installation.quotas(acme, queued_jobs=300)
    batch = ask(lines(*range(5_000)))
    pumps()
    with Server(installation) as server:
        eventually(lambda: seen(api, acme, batch)["succeeded"] > 100)
        job = submit(api, acme, 7, prefer="wait=30").json()
        assert (job["status"], job["output"]) == ("succeeded", 14)
        assert not ended(api, acme, batch)()
        eventually(ended(api, acme, batch))
    assert server.most_queued <= 257
    assert [line["output"] for line in results(api, acme, batch)] == [2 * n for n in range(5_000)]


def test_the_tenants_rate_holds_softly(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """Over the rate, the pump waits and says for what; no line is refused."""
    installation.quotas(acme, requests_per_minute=600)
    batch = ask(lines(*range(90)))
    pumps()
    with Server(installation):
        eventually(lambda: seen(api, acme, batch)["waits_for"] == "rate")
        installation.quotas(acme, requests_per_minute=600_000)
        eventually(ended(api, acme, batch))
    assert seen(api, acme, batch)["succeeded"] == 90


def test_a_suspended_tenants_batch_waits(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """Nothing is admitted while the tenant is suspended; when it is resumed, the batch goes on."""
    batch = ask(lines(1, 2, 3))
    installation.catalog.tenants.suspend(acme.tenant.id)
    installation.changed(acme)
    pumps()
    with Server(installation) as server:
        eventually(lambda: installation.redis.hget(f"batch:{batch['id']}", "wf") == b"tenant_suspended")
        assert server.runs == {}
        installation.catalog.tenants.resume(acme.tenant.id)
        installation.changed(acme)
        eventually(ended(api, acme, batch))


@pytest.mark.parametrize("how", ["refused", "deleted"])
def test_a_version_that_goes_away_ends_its_batch(
    api: TestClient,
    installation: Installation,
    ask: Ask,
    acme: Account,
    version: Version,
    pumps: Callable[[], Pump],
    how: str,
) -> None:
    """What was answered stays answered; every other line fails, and says why."""
    batch = ask(lines(*range(2_000)))
    pumps()
    with Server(installation, lambda claim: time.sleep(0.002) or double(claim)):  # type: ignore[func-returns-value]
        eventually(lambda: seen(api, acme, batch)["succeeded"] > 50)
        if how == "refused":
            installation.finish(version, status="refused")
        else:
            installation.catalog.models.delete(acme.tenant.id, "echo")
            installation.changed(acme)
        eventually(ended(api, acme, batch))
    found = results(api, acme, batch)
    statuses = [line["status"] for line in found]
    assert len(found) == 2_000 and set(statuses) == {"succeeded", "failed"}
    assert {line["error"]["type"] for line in found if line["status"] == "failed"} == {"model_unavailable"}
    now = seen(api, acme, batch)
    assert (now["succeeded"], now["failed"]) == (statuses.count("succeeded"), statuses.count("failed"))
    clean(installation, acme)


def test_a_canceled_batch_ends_soon(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """Lines that ran keep their results, all others are canceled; canceling twice is the same as once."""
    batch = ask(lines(*range(3_000)))
    pumps()
    with Server(installation, lambda claim: time.sleep(0.002) or double(claim)):  # type: ignore[func-returns-value]
        eventually(lambda: seen(api, acme, batch)["succeeded"] > 20)
        for _ in range(2):
            answer = api.post(batch["urls"]["cancel"], headers=acme.headers)
            assert answer.json()["status"] in ("canceling", "canceled")
        eventually(ended(api, acme, batch))
    found = results(api, acme, batch)
    assert [line["index"] for line in found] == list(range(3_000))
    assert {line["status"] for line in found} == {"succeeded", "canceled"}
    now = seen(api, acme, batch)
    assert (now["status"], now["succeeded"] + now["canceled"]) == ("canceled", 3_000)
    clean(installation, acme)
    assert api.post(batch["urls"]["cancel"], headers=acme.headers).json()["status"] == "canceled"


def test_an_ended_batch_cant_be_canceled(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """409; what was answered stays."""
    batch = ask(lines(1))
    pumps()
    with Server(installation):
        eventually(ended(api, acme, batch))
    assert_problem(api.post(batch["urls"]["cancel"], headers=acme.headers), 409, "batch_not_cancelable")
    assert results(api, acme, batch)[0]["output"] == 2


def test_the_end_is_told_once(
    api: TestClient, installation: Installation, ask: Ask, acme: Account, pumps: Callable[[], Pump]
) -> None:
    """One entry for the couriers, with the last numbers; none for any of the lines."""
    batch = ask(lines(1, "raise", 3), "?webhook=https://x.example/h")
    pumps()
    with Server(installation):
        eventually(ended(api, acme, batch))
    (entry,) = installation.redis.lrange("webhooks:due", 0, -1)  # type: ignore[misc]
    told = json.loads(entry)
    assert (told["subject"], told["event"], told["url"]) == (batch["id"], "batch.completed", "https://x.example/h")
    assert {name: told["data"][name] for name in ("status", "total", "succeeded", "failed", "canceled")} == {
        "status": "completed", "total": 3, "succeeded": 2, "failed": 1, "canceled": 0,
    }  # fmt: skip
