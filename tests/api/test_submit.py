"""POST /v1/models/{name}/jobs: from a request to a job, and back."""

from __future__ import annotations

import base64
import threading

import pytest
from httpx import Response
from starlette.testclient import TestClient

from api.preferences import wait_seconds
from tests.api.conftest import Account, Installation, assert_problem, submit


def test_an_accepted_job_says_where_to_ask(api: TestClient, installation: Installation, acme: Account) -> None:
    """202 with the job, its addresses, and Location."""
    installation.ready(acme)
    response = submit(api, acme, [1, 2])
    job = response.json()
    assert response.status_code == 202
    assert response.headers["location"] == job["urls"]["self"] == f"/v1/jobs/{job['id']}"
    assert (job["status"], job["model"], job["version"], job["output"]) == ("queued", "echo", 1, None)
    assert job == api.get(job["urls"]["self"], headers=acme.headers).json()


@pytest.mark.parametrize(
    ("content_type", "body", "output", "encoding"),
    [
        ("application/json", b'{"input": {"a": 1.50}}', {"a": 1.5}, "json"),
        ("text/plain; charset=utf-8", "grüße".encode(), "grüße", "json"),
        ("image/png", b"\x89PNG\x00\xff", base64.b64encode(b"\x89PNG\x00\xff").decode(), "base64"),
    ],
)
def test_every_kind_of_input_comes_back(
    api: TestClient,
    installation: Installation,
    acme: Account,
    *,
    content_type: str,
    body: bytes,
    output: object,
    encoding: str,
) -> None:
    """JSON, text and bytes reach the worker as what they are, and the answer says how it is written."""
    installation.ready(acme)
    headers = {**acme.headers, "Content-Type": content_type}
    job = api.post("/v1/models/echo/jobs", content=body, headers=headers).json()
    installation.echo()
    ended = api.get(job["urls"]["self"], headers=acme.headers).json()
    assert (ended["status"], ended["output"], ended["output_encoding"]) == ("succeeded", output, encoding)
    assert ended["predict_seconds"] == 0.002
    assert ended["queue_seconds"] >= 0
    assert ended["attempts"] == 1
    assert ended["created_at"].endswith("Z")


def test_a_name_with_spaces_is_an_address(api: TestClient, installation: Installation, acme: Account) -> None:
    """Names are quoted in paths."""
    installation.ready(acme, "My model v1.2")
    assert submit(api, acme, name="My%20model%20v1.2").json()["model"] == "My model v1.2"


def test_waiting_gives_the_ended_job(api: TestClient, installation: Installation, acme: Account) -> None:
    """With Prefer: wait the answer is 200 with the output as soon as the job has ended."""
    installation.ready(acme)
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            installation.echo()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        response = submit(api, acme, "x", prefer="respond-async, wait=30")
    finally:
        done.set()
        worker.join()
    assert (response.status_code, response.json()["output"]) == (200, "x")
    assert response.headers["preference-applied"] == "wait=30"


def test_waiting_in_vain_gives_202(api: TestClient, installation: Installation, acme: Account) -> None:
    """A job that doesn't end in time is accepted all the same."""
    installation.ready(acme)
    response = submit(api, acme, prefer="wait=1")
    assert (response.status_code, response.json()["status"]) == (202, "queued")
    assert response.headers["preference-applied"] == "wait=1"
    assert response.headers["location"]


@pytest.mark.parametrize("prefer", ["wait", "wait=abc", "wait=-1", "wait=0", "return=minimal", "wait=" + "9" * 5000])
def test_a_preference_that_makes_no_sense_is_ignored(
    api: TestClient, installation: Installation, acme: Account, prefer: str
) -> None:
    """RFC 7240: a wish that isn't understood is no error."""
    installation.ready(acme)
    response = submit(api, acme, prefer=prefer)
    assert response.status_code == 202
    assert "preference-applied" not in response.headers


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ((b"wait=5", b"respond-async"), 5),
        ((b"respond-async", b"wait=5"), 5),
        ((b"wait=5, wait=7", b"wait=9"), 5),
        ((b'Wait="5"; x=1',), 5),
        ((b"wait=x", b"wait=5"), 0),
        ((b"wait=100",), 60),
        ((), 0),
    ],
)
def test_preferences_may_stand_in_several_lines(lines: tuple[bytes, ...], seconds: int) -> None:
    """The first wait counts, in whichever line it is."""
    assert wait_seconds([(b"host", b"x"), *((b"prefer", line) for line in lines)]) == seconds


@pytest.mark.parametrize("address", ["jobs", "batches"])
def test_a_compressed_body_is_no_input(
    api: TestClient, installation: Installation, acme: Account, address: str
) -> None:
    """415 for any Content-Encoding but identity: compressed bytes are another input than the client meant."""
    installation.ready(acme)

    def post(coding: str) -> Response:
        headers = {**acme.headers, "Content-Type": "application/octet-stream", "Content-Encoding": coding}
        return api.post(f"/v1/models/echo/{address}", content=b'{"input": 1}', headers=headers)

    for coding in ("gzip", "BR", "identity, gzip"):
        assert_problem(post(coding), 415, "encoding_not_supported")
    assert post("identity").status_code == 202


@pytest.mark.parametrize("address", ["jobs", "batches"])
def test_a_form_is_no_input(api: TestClient, installation: Installation, acme: Account, address: str) -> None:
    """What ``curl -F file=@picture`` sends is 415 and a sentence that says what to send: no model wants the framing."""
    installation.ready(acme)
    answer = api.post(f"/v1/models/echo/{address}", files={"file": ("x.png", b"picture")}, headers=acme.headers)
    assert "--data-binary" in assert_problem(answer, 415, "form_not_supported")["detail"]
    shouted = {**acme.headers, "Content-Type": "Multipart/Form-Data; boundary=x"}
    assert_problem(api.post(f"/v1/models/echo/{address}", content=b"x", headers=shouted), 415, "form_not_supported")


def test_an_order_without_its_type_is_told(api: TestClient, installation: Installation, acme: Account) -> None:
    """``curl -d '{"input": 1}'`` says that it is a form: 415 names the header, where the model got the text as bytes.
    Anything else that curl sends so is a raw input.
    """
    installation.ready(acme)
    headers = {**acme.headers, "Content-Type": "application/x-www-form-urlencoded"}

    def post(body: bytes) -> Response:
        return api.post("/v1/models/echo/jobs", content=body, headers=headers)

    for order in (b'{"input": 1}', b' {"input": {"a": []}, "timeout_seconds": 5}\n'):
        assert "application/json" in assert_problem(post(order), 415, "form_not_supported")["detail"]
    raw = (b"", b"\x89PNG", b'{"output": 1}', b"[1]", b'{"input": ' + b"[" * 5000)
    for body in raw:
        assert post(body).status_code == 202
    assert {claim.payload for claim in installation.echo()} == set(raw)


def test_unknown_model(api: TestClient, acme: Account) -> None:
    """A name the tenant has no model of."""
    assert_problem(submit(api, acme), 404, "model_not_found")


@pytest.mark.parametrize("status", ["checking", "refused", "failed"])
def test_a_model_that_is_not_ready(api: TestClient, installation: Installation, acme: Account, status: str) -> None:
    """409 says in which state the newest version is."""
    version = installation.store(acme)
    if status != "checking":
        installation.finish(version, status=status, error={"type": "x"} if status == "failed" else None)
    body = assert_problem(submit(api, acme), 409, "model_not_ready")
    assert (body["version"], body["version_status"]) == (1, status)


def test_the_newest_ready_version_serves(api: TestClient, installation: Installation, acme: Account) -> None:
    """A new version takes over with the next request once it is ready, and an older one can be asked for."""
    installation.ready(acme)
    assert submit(api, acme).json()["version"] == 1
    second = installation.store(acme)
    assert submit(api, acme).json()["version"] == 1
    installation.finish(second)
    assert submit(api, acme).json()["version"] == 2
    url = "/v1/models/echo/jobs"
    old = api.post(url, json={"input": 1, "version": 1}, headers=acme.headers)
    assert old.json()["version"] == 1
    raw = api.post(f"{url}?version=1", content=b"x", headers=acme.headers)
    assert raw.json()["version"] == 1
    assert_problem(api.post(f"{url}?version=3", content=b"x", headers=acme.headers), 404, "version_not_found")
    assert_problem(api.post(f"{url}?version=9999999999", content=b"x", headers=acme.headers), 404, "version_not_found")


def test_a_version_refused_later_stops_serving(api: TestClient, installation: Installation, acme: Account) -> None:
    """What was remembered as ready is not served once the policy refuses it."""
    version = installation.ready(acme)
    assert submit(api, acme).status_code == 202
    installation.finish(version, status="refused")
    assert_problem(submit(api, acme), 409, "model_not_ready")


def test_a_deleted_model_stops_serving(api: TestClient, installation: Installation, acme: Account) -> None:
    """What was remembered is forgotten when the model is deleted; its jobs can still be read."""
    installation.ready(acme)
    job = submit(api, acme).json()["id"]
    assert api.delete("/v1/models/echo", headers=acme.headers).status_code == 204
    assert_problem(submit(api, acme), 404, "model_not_found")
    assert api.get(f"/v1/jobs/{job}", headers=acme.headers).status_code == 200
    assert_problem(api.delete("/v1/models/echo", headers=acme.headers), 404, "model_not_found")


def test_an_input_over_the_quota(api: TestClient, installation: Installation, acme: Account) -> None:
    """413 for JSON and raw inputs alike, one byte over; a raised quota counts with the next request."""
    installation.ready(acme)
    installation.quotas(acme, input_bytes=100)
    exact, over = "a" * 98, "a" * 99  # two quotes around
    assert submit(api, acme, exact).status_code == 202
    body = assert_problem(submit(api, acme, over), 413, "input_too_large")
    assert body["limit_bytes"] == 100
    url = "/v1/models/echo/jobs"
    assert api.post(url, content=b"a" * 100, headers=acme.headers).status_code == 202
    assert_problem(api.post(url, content=b"a" * 101, headers=acme.headers), 413, "input_too_large")
    assert_problem(api.post(url, content=iter([b"a" * 60] * 9), headers=acme.headers), 413, "input_too_large")
    installation.quotas(acme, input_bytes=10_000_000)
    assert api.post(url, content=b"a" * 5_000_000, headers=acme.headers).status_code == 202
    assert api.post(url, content=iter([b"a" * 60_000] * 90), headers=acme.headers).status_code == 202


def test_a_timeout_over_the_quota(api: TestClient, installation: Installation, acme: Account) -> None:
    """422 says the maximum; a raised quota counts at once."""
    installation.ready(acme)
    url, body = "/v1/models/echo/jobs", {"input": 1, "timeout_seconds": 31}
    problem = assert_problem(api.post(url, json=body, headers=acme.headers), 422, "invalid_request")
    assert (problem["maximum"], problem["field"]) == (30, "timeout_seconds")
    installation.quotas(acme, timeout_seconds=31)
    assert api.post(url, json=body, headers=acme.headers).status_code == 202


def test_the_time_out_is_the_orders_the_versions_or_the_quotas(
    api: TestClient, installation: Installation, acme: Account
) -> None:
    """The shortest way to say it wins, and never more than the quota."""
    installation.ready(acme, "slow", timeout_seconds=20)
    installation.ready(acme)
    api.post("/v1/models/slow/jobs", json={"input": 1, "timeout_seconds": 3}, headers=acme.headers)
    submit(api, acme, name="slow")
    submit(api, acme)
    installation.quotas(acme, timeout_seconds=10, concurrency=5)
    submit(api, acme, name="slow")
    assert sorted(claim.timeout_seconds for claim in installation.echo()) == [3, 10, 20, 30]


def test_over_rate(api: TestClient, installation: Installation, acme: Account) -> None:
    """429 says when to come back, and what the limit is."""
    installation.ready(acme)
    installation.quotas(acme, requests_per_minute=1)
    assert submit(api, acme).status_code == 202
    response = submit(api, acme)
    body = assert_problem(response, 429, "rate_limited")
    assert body["limit"] == 1
    assert 50 <= int(response.headers["retry-after"]) <= 61


def test_a_rate_of_nothing(api: TestClient, installation: Installation, acme: Account) -> None:
    """A tenant whose rate is 0 runs nothing."""
    installation.ready(acme)
    installation.quotas(acme, requests_per_minute=0)
    response = submit(api, acme)
    assert_problem(response, 429, "rate_limited")
    assert int(response.headers["retry-after"]) >= 1


def test_over_queue_depth(api: TestClient, installation: Installation, acme: Account) -> None:
    """429 until a job has left the queue."""
    installation.ready(acme)
    installation.quotas(acme, queued_jobs=2)
    assert [submit(api, acme).status_code for _ in range(2)] == [202, 202]
    response = submit(api, acme)
    body = assert_problem(response, 429, "queue_full")
    assert body["limit"] == 2
    assert int(response.headers["retry-after"]) >= 1
    installation.echo()
    assert submit(api, acme).status_code == 202


def test_idempotency_keys_are_the_tenants_own(
    api: TestClient, installation: Installation, acme: Account, other: Account
) -> None:
    """Another tenant's key of the same name is another key."""
    installation.ready(acme)
    installation.ready(other)
    first = submit(api, acme, 1, idempotency_key="k")
    assert submit(api, other, 2, idempotency_key="k").json()["id"] != first.json()["id"]


def test_json_that_is_not(api: TestClient, installation: Installation, acme: Account) -> None:
    """The codes for broken JSON and for JSON that is no order."""
    installation.ready(acme)
    headers = {**acme.headers, "Content-Type": "application/json"}
    assert_problem(api.post("/v1/models/echo/jobs", content=b"{", headers=headers), 400, "invalid_json")
    assert_problem(api.post("/v1/models/echo/jobs", content=b"{}", headers=headers), 422, "invalid_request")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\\ud83d", "half of a surrogate pair (\\ud83d)"),
        (b"ab \\\\\\uDE00 and more text", "half of a surrogate pair (\\uDE00)"),
        (b"\\ud83d\\ud83d\\ude00", "half of a surrogate pair (\\ud83d)"),
        (b"\\x", "invalid escape"),
    ],
)
def test_half_a_character_is_named(
    api: TestClient, installation: Installation, acme: Account, text: bytes, says: str
) -> None:
    """A string cut in the middle of an emoji, as JavaScript and Python send it, is told as that, in a line too."""
    installation.ready(acme)
    body = b'{"input": "' + text + b'"}'
    headers = {**acme.headers, "Content-Type": "application/json"}
    job = assert_problem(api.post("/v1/models/echo/jobs", content=body, headers=headers), 400, "invalid_json")
    line = assert_problem(api.post("/v1/models/echo/batches", content=body, headers=acme.headers), 422, "invalid_line")
    assert says in job["detail"] and says in line["detail"]


def test_whole_characters_are_none_of_the_halves(api: TestClient, installation: Installation, acme: Account) -> None:
    """A pair, and the text of an escape, are no halves: they are taken, or what else is wrong is told."""
    installation.ready(acme)
    headers = {**acme.headers, "Content-Type": "application/json"}
    for text in (b"\\ud83d\\ude00", b"\\\\ud83d", b"\\\\\\\\ude00"):
        body = b'{"input": "' + text + b'"}'
        assert api.post("/v1/models/echo/jobs", content=body, headers=headers).status_code == 202
        broken = assert_problem(
            api.post("/v1/models/echo/jobs", content=body[:-1], headers=headers), 400, "invalid_json"
        )
        assert "surrogate" not in broken["detail"]
