"""GET /v1/jobs/{id}/output: large and small, whole and in part, with a key and by a link."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from store.links import Links, secret_of
from tests.api.conftest import Account, Installation, assert_problem

LARGE = 2**20 + 17
URL = "/v1/models/echo/jobs"


def answered(api: TestClient, installation: Installation, account: Account, content: bytes, media: str = "") -> Any:
    """The job of an echoed input, ended."""
    headers = {**account.headers, "Content-Type": media or "application/octet-stream"}
    job = api.post(URL, content=content, headers=headers).json()
    installation.echo_large()
    return api.get(job["urls"]["self"], headers=account.headers).json()


@pytest.fixture(autouse=True)
def ready(installation: Installation, acme: Account) -> None:
    """A model that echoes."""
    installation.ready(acme)


def test_a_large_output_has_an_address_of_its_own(api: TestClient, installation: Installation, acme: Account) -> None:
    """The job says how large it is and of which kind, and where to get it; there it is whole."""
    content = os.urandom(LARGE)
    job = answered(api, installation, acme, content)
    assert (job["status"], job["output"], job["output_encoding"], job["output_bytes"]) == (
        "succeeded",
        None,
        "base64",
        LARGE,
    )
    response = api.get(job["urls"]["output"], headers=acme.headers)
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["content-length"] == str(LARGE)
    text = b'"' + b"x" * LARGE + b'"'
    job = answered(api, installation, acme, b'{"input": ' + text + b"}", "application/json")
    assert (job["output"], job["output_encoding"], job["output_bytes"]) == (None, "json", LARGE + 2)
    response = api.get(job["urls"]["output"])
    assert (response.content, response.headers["content-type"]) == (text, "application/json")


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, None),
        ("bytes=-5", -5, None),
        ("bytes=3-3", 3, 4),
        ("bytes=5-999999999", 5, None),
        ("bytes=-999999999", 0, None),
    ],
)
def test_a_part_of_an_output(
    api: TestClient, installation: Installation, acme: Account, *, asked: str, start: int, end: int | None, large: bool
) -> None:
    """206 with the bytes that were asked for, and which they are."""
    content = os.urandom(LARGE if large else 100)
    job = answered(api, installation, acme, content)
    response = api.get(job["urls"]["output"], headers={"Range": asked})
    assert (response.status_code, response.content) == (206, content[start:end])
    first = start % len(content)
    last = first + len(response.content) - 1
    assert response.headers["content-range"] == f"bytes {first}-{last}/{len(content)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "bytes=-", "bytes=5-3", "lines=0-1", "bytes=x-1"])
def test_ranges_that_are_not_understood_are_ignored(
    api: TestClient, installation: Installation, acme: Account, asked: str
) -> None:
    """All of it, as RFC 9110 has it."""
    job = answered(api, installation, acme, b"0123456789")
    response = api.get(job["urls"]["output"], headers={"Range": asked})
    assert (response.status_code, response.content) == (200, b"0123456789")


def test_a_range_beyond_the_end(api: TestClient, installation: Installation, acme: Account) -> None:
    """416 says how long the output is; and a range of what it isn't any more is answered with all of it."""
    job = answered(api, installation, acme, b"0123456789")
    for beyond in ("bytes=10-", "bytes=-0"):
        response = api.get(job["urls"]["output"], headers={"Range": beyond})
        assert assert_problem(response, 416, "range_not_satisfiable")["size_bytes"] == 10
        assert response.headers["content-range"] == "bytes */10"
    changed = api.get(job["urls"]["output"], headers={"Range": "bytes=1-2", "If-Range": '"another"'})
    assert changed.status_code == 200
    same = api.get(job["urls"]["output"], headers={"Range": "bytes=1-2", "If-Range": changed.headers["etag"]})
    assert (same.status_code, same.content) == (206, b"12")


@pytest.mark.parametrize("size", [10, LARGE])
def test_the_head_alone(api: TestClient, installation: Installation, acme: Account, size: int) -> None:
    """HEAD says what GET would, without the output."""
    job = answered(api, installation, acme, b"\x89PNG\r\n\x1a\n" + bytes(size))
    response = api.head(job["urls"]["output"])
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(size + 8)
    assert response.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("content", "media", "ending"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png", "png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg", "jpg"),
        (b"GIF89a....", "image/gif", "gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", "webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wave", "wav"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4", "mp4"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "application/octet-stream", "bin"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "application/octet-stream", "bin"),
        (b"<?xml version='1.0'?>", "application/octet-stream", "bin"),
        (b"%PDF-1.7", "application/octet-stream", "bin"),
        (b"RIFF\x00\x00\x00\x00<svg", "application/octet-stream", "bin"),
    ],
)
def test_bytes_say_what_they_are(
    api: TestClient, installation: Installation, acme: Account, *, content: bytes, media: str, ending: str
) -> None:
    """Pictures and sounds by their signatures; nothing that a browser would run, whatever the model says it is."""
    job = answered(api, installation, acme, content)
    response = api.get(job["urls"]["output"], headers={"Accept": "text/html"})
    assert (response.content, response.headers["content-type"]) == (content, media)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-disposition"] == f'attachment; filename="{job["id"]}.{ending}"'
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_a_link_opens_one_output_without_a_key(api: TestClient, installation: Installation, acme: Account) -> None:
    """The output it was made for, in every way it can be asked for; nothing else, and not once it was changed."""
    first = answered(api, installation, acme, b"first")
    second = answered(api, installation, acme, b"second")
    path, _, query = first["urls"]["output"].partition("?")
    assert api.get(f"{path}?{query}").content == b"first"
    assert_problem(api.get(f"{second['urls']['self']}/output?{query}"), 403, "link_invalid")
    assert_problem(api.get(f"{first['urls']['self']}?{query}"), 401, "unauthorized")
    assert_problem(api.get(path), 401, "unauthorized")
    for wrong in (query.replace("expires=", "expires=1"), query[:-1] + "A=", query[:-1], query[:-1] + "%C3%BC"):
        assert_problem(api.get(f"{path}?{wrong}"), 403, "link_invalid")
    assert_problem(api.get(f"{path}?{query}&x=1"), 422, "invalid_request")
    assert_problem(api.get(f"{path}?{query.partition('&')[0]}"), 401, "unauthorized")


def test_a_link_is_no_better_than_a_key_that_comes_with_it(
    api: TestClient, installation: Installation, acme: Account, other: Account
) -> None:
    """Who shows a key is who they are: another tenant's doesn't see the job."""
    job = answered(api, installation, acme, b"mine")
    assert api.get(job["urls"]["output"], headers=acme.headers).content == b"mine"
    assert_problem(api.get(job["urls"]["output"], headers=other.headers), 404, "job_not_found")


def test_links_expire(api: TestClient, installation: Installation, acme: Account) -> None:
    """A link of ours whose time is over is refused; so is one to a job that is forgotten, or has no output."""
    job = answered(api, installation, acme, b"x")
    secret = installation.redis.get("links:secret")
    links = Links(secret_of(secret), 3600)  # type: ignore[arg-type]
    path = f"{job['urls']['self']}/output"
    assert api.get(f"{path}?{links.query(job['id'])}").status_code == 200
    assert_problem(api.get(f"{path}?{links.query(job['id'], expires=int(time.time()))}"), 403, "link_invalid")
    installation.redis.delete(f"job:{job['id']}")
    assert_problem(api.get(job["urls"]["output"]), 404, "job_not_found")
    queued = api.post(URL, content=b"x", headers=acme.headers).json()
    assert "?" not in queued["urls"]["output"]
    problem = api.get(f"{queued['urls']['output']}?{links.query(queued['id'])}")
    assert_problem(problem, 409, "output_not_available")


def test_an_output_whose_time_was_over_in_between(api: TestClient, installation: Installation, acme: Account) -> None:
    """The record is there still, the payload is not: a problem, never half an answer."""
    job = answered(api, installation, acme, os.urandom(LARGE))
    for name in installation.stored():
        installation.payloads.delete(name)
    assert_problem(api.get(job["urls"]["output"]), 409, "output_not_available")


def test_every_process_has_the_same_secret(api: TestClient, installation: Installation, acme: Account) -> None:
    """A secret that was replaced, as by a restored Redis, is learned as soon as a link says so."""
    job = answered(api, installation, acme, b"x")
    installation.redis.set("links:secret", "another")
    links = Links(secret_of("another"), 60)
    assert api.get(f"{job['urls']['self']}/output?{links.query(job['id'])}").status_code == 200
    assert_problem(api.get(job["urls"]["output"]), 403, "link_invalid")
