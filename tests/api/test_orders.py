"""Reading an order: every way to say it right, and every way to say it wrong."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import Problem
from api.orders import Order, read_order

JSON = {b"content-type": b"application/json"}
HOOK = "https://example.com/hook?x=1"


def _refused(code: str, headers: dict[bytes, bytes], body: bytes, query: bytes = b"") -> Problem:
    with pytest.raises(Problem) as caught:
        read_order(headers, query, body)
    assert caught.value.code == code, caught.value
    return caught.value


def test_a_json_body_carries_input_and_options() -> None:
    """The input stays the bytes it was, so that nothing is lost on the way to the model."""
    body = b'{"input": {"a": [1, 2.50]}, "webhook": "%s", "timeout_seconds": 2, "deadline_seconds": 9.5, "version": 3}'
    order = read_order(JSON, b"", body.replace(b"%s", HOOK.encode()))
    assert order == Order("json", b'{"a": [1, 2.50]}', HOOK, 2.0, 9.5, 3)


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"])
def test_json_has_many_names(media: str) -> None:
    """Parameters, case and the +json suffix don't change that it is JSON."""
    assert read_order({b"content-type": media.encode()}, b"", b'{"input":null}') == Order("json", b"null")


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({b"content-type": b"text/plain"}, "text"),
        ({b"content-type": b"text/csv; charset=UTF-8"}, "text"),
        ({b"content-type": b"image/png"}, "bytes"),
        ({b"content-type": b"application/x-www-form-urlencoded"}, "bytes"),
        ({}, "bytes"),
    ],
)
def test_anything_else_is_the_input_itself(headers: dict[bytes, bytes], kind: str) -> None:
    """Text arrives as text, everything else as bytes, with the options in the query."""
    query = b"webhook=https%3A%2F%2Fexample.com%2Fhook%3Fx%3D1&timeout_seconds=2&deadline_seconds=9.5&version=3"
    assert read_order(headers, query, "né".encode()) == Order(kind, "né".encode(), HOOK, 2.0, 9.5, 3)  # type: ignore[arg-type]
    assert read_order(headers, b"", b"").payload == b""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"input": NaN}',
        b'{"input": -Infinity}',
        b'{"input": 01}',
        b'{"input": [1,]}',
        b"{'input': 1}",
        b'{"input": 1} {"input": 2}',
        b'{"input": "\xff"}',
        b'{"\xff": 1}',
        b'{"input": "\x01"}',
        b'{"input": "\\ud800"}',
        b'\xef\xbb\xbf{"input": 1}',
        b'{"input": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"input": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        b'{"input": ' + b"[" * 3_000_000,
        b'{"input": ' + b"1" * 4_301 + b"}",
    ],
    ids=lambda body: body[:30],
)
def test_json_that_is_not_json(body: bytes) -> None:
    """Broken, endless, too deep, not UTF-8: one code, and a sentence that says what is wrong."""
    _refused("invalid_json", JSON, body)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b"1",
        b"null",
        b'{"inputs": 1}',
        b'{"input": 1, "extra": 2}',
        b'{"input": 1, "timeout_seconds": "3"}',
        b'{"input": 1, "timeout_seconds": true}',
        b'{"input": 1, "timeout_seconds": 0}',
        b'{"input": 1, "timeout_seconds": -1}',
        b'{"input": 1, "timeout_seconds": 1e999}',
        b'{"input": 1, "deadline_seconds": 0}',
        b'{"input": 1, "deadline_seconds": 604801}',
        b'{"input": 1, "cancel_after_seconds": 0.5}',
        b'{"input": 1, "cancel_after_seconds": 604801}',
        b'{"input": 1, "cancel_after_seconds": "5m"}',
        b'{"input": 1, "version": 0}',
        b'{"input": 1, "version": 1.5}',
        b'{"input": 1, "webhook": 5}',
    ],
)
def test_json_that_is_no_order(body: bytes) -> None:
    """Unknown fields, missing input and bad options are refused, never ignored."""
    _refused("invalid_request", JSON, body)


@pytest.mark.parametrize(
    "query",
    [
        b"timeout=3",
        b"timeout_seconds=abc",
        b"timeout_seconds=nan",
        b"timeout_seconds=inf",
        b"timeout_seconds=0",
        b"timeout_seconds=1&timeout_seconds=2",
        b"version=1.5",
        b"version=",
        b"deadline_seconds=-1",
        b"cancel_after_seconds=0",
        b"webhook=ftp://example.com",
        b"\xff=1",
        b"&".join(b"a%d=1" % i for i in range(50)),
    ],
)
def test_query_that_is_no_option(query: bytes) -> None:
    """The same strictness where options come in the query."""
    _refused("invalid_request", {b"content-type": b"image/png"}, b"x", query)


def test_json_takes_no_options_in_the_query() -> None:
    """Options in two places would leave it open which one counts."""
    _refused("invalid_request", JSON, b'{"input": 1}', b"version=1")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://:80",
        "http://user:pw@example.com",
        "http://example.com:99999",
        "http://example.com:0",
        "http://[::1",
        "http://exa mple.com",
        "http://2130706433/",
        "https://0x7f.1/",
        "https://example.com\\@10.0.0.1/",
        "https://example.com/\r\nX-Evil: 1",
        "http://example.com/\n",
        "http://exämple.com",
        "http://example.com/" + "a" * 2048,
    ],
)
def test_webhook_that_is_no_address(url: str) -> None:
    """Only a plain http or https URL is taken, read as the courier reads it; where it leads is checked then."""
    problem = _refused("invalid_request", JSON, json.dumps({"input": 1, "webhook": url}).encode())
    assert problem.extension["field"] == "webhook"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "https://[2001:db8::1]:8443/a?b=c#d", "HTTPS://EXAMPLE.COM"])
def test_webhook_that_is_one(url: str) -> None:
    """Syntax alone decides here."""
    assert read_order(JSON, b"", json.dumps({"input": 1, "webhook": url}).encode()).webhook == url


@pytest.mark.parametrize("content_type", [b"text/plain", b"text/plain; charset=latin-1"])
def test_text_that_is_not_utf8(content_type: bytes) -> None:
    """Other encodings have to be sent as bytes: guessing would change the input."""
    _refused("invalid_request", {b"content-type": content_type}, b"\xff")


@given(
    st.binary(max_size=200), st.sampled_from([b"application/json", b"text/plain", b"image/png"]), st.binary(max_size=50)
)
def test_no_bytes_break_the_reader(body: bytes, media: bytes, query: bytes) -> None:
    """Whatever is sent becomes an order or a problem, never another exception."""
    with suppress(Problem):
        assert read_order({b"content-type": media}, query, body).payload is not None


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_values)
def test_every_json_value_is_an_input(value: object) -> None:
    """What Python can write as JSON arrives as the same value."""
    for ascii_only in (True, False):
        body = json.dumps({"input": value}, ensure_ascii=ascii_only).encode()
        assert json.loads(read_order(JSON, b"", body).payload) == value


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("5m", 300),
        ("2h", 7200),
        ("1h30m45s", 5445),
        ("1h5s", 3605),
        (" 1 ", 1),
        ("168h", 604800),
    ],
)
def test_cancel_after_as_clients_know_it(value: str, seconds: float) -> None:
    """The header takes seconds, or hours, minutes and seconds; with any kind of body it is the option of that name."""
    header = {b"cancel-after": value.encode()}
    assert read_order(JSON | header, b"", b'{"input": 1}').cancel_after_seconds == seconds
    assert read_order(header, b"", b"raw").cancel_after_seconds == seconds
    assert read_order({}, f"cancel_after_seconds={seconds}".encode(), b"raw").cancel_after_seconds == seconds


@pytest.mark.parametrize(
    "value",
    ["", " ", "0", "0s", "-5", "1.5s", "5 m", "5M", "1m1h", "5m30", "1d", "s", "169h", "9" * 10, "\xb2", "5s,5s"],
)
def test_cancel_after_that_is_no_duration(value: str) -> None:
    """Anything else is refused, and so is saying it twice."""
    _refused("invalid_request", JSON | {b"cancel-after": value.encode("latin-1")}, b'{"input": 1}')
    body = b'{"input": 1, "cancel_after_seconds": 5}'
    assert "one of them" in _refused("invalid_request", JSON | {b"cancel-after": b"5"}, body).detail
