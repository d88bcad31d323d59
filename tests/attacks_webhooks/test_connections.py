"""Endpoints that move, redirect, pretend or never end; every one on real sockets."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from store.destinations.addresses import canonical
from store.destinations.guard import is_own
from store.destinations.resolver import SystemResolver
from tests.attacks_webhooks.listener import Answer, Listener
from worker.webhooks.sender import EXCERPT_BYTES

LOOPBACK = "127.0.0.0/8"
ALLOWED = "127.0.0.2/32"  # a second loopback address stands for the public endpoint, the first for what is internal


def test_without_an_allowlist_loopback_is_never_dialled(send, name_server) -> None:
    """A literal, a name, and a name that has it among public addresses: nothing is sent, no connection made."""
    with Listener() as inside:
        names = name_server({"a.example": [["127.0.0.1"]], "b.example": [["127.0.0.1", "8.8.8.8"]],
                             "c.example": [["8.8.8.8", "::ffff:127.0.0.1"]], "d.example": [["::1"]]})  # fmt: skip
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "a.example", "b.example", "c.example", "d.example"):
            for scheme in ("http", "https"):
                attempt = send(f"{scheme}://{host}:{inside.port}/", resolve=names)
                assert attempt.error in {"address_refused", "https_required"}, host
    assert inside.requests == []


def test_localhost_by_the_systems_resolver_is_refused(send) -> None:
    """The machine's own hosts file and resolver give no way in."""
    with Listener() as inside:
        resolver = SystemResolver(threads=1)
        assert send(f"http://localhost:{inside.port}/", resolve=resolver).error == "address_refused"
        resolver.close()
    assert inside.requests == []


def test_a_rebinding_name_is_dialled_where_it_was_checked(send, name_server) -> None:
    """A name that answers an allowed address first and an internal one ever after is asked once and gets nowhere."""
    with Listener(host="127.0.0.2") as outside, Listener(port=outside.port) as inside:
        names = name_server({"rebind.example": [["127.0.0.2"], ["127.0.0.1"]]})
        attempt = send(f"http://rebind.example:{outside.port}/x", allow=ALLOWED, resolve=names)
        assert attempt.kind == "delivered"
        assert names.asked == ["rebind.example"]
        assert [request.local_address for request in outside.requests] == ["127.0.0.2"]
        assert send(f"http://rebind.example:{outside.port}/x", allow=ALLOWED, resolve=names).error == "address_refused"
    assert inside.requests == []


@pytest.mark.parametrize("answer", [["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])
def test_one_bad_address_refuses_the_name(send, name_server, answer: list[str]) -> None:
    """A name with an allowed and an internal address is refused as a whole, in either order."""
    with Listener(host="127.0.0.2") as outside, Listener(port=outside.port) as inside:
        names = name_server({"both.example": [answer]})
        attempt = send(f"http://both.example:{outside.port}/", allow=ALLOWED, resolve=names)
        assert (attempt.kind, attempt.error) == ("failed", "address_refused")
    assert outside.requests == inside.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure(send, status: int) -> None:
    """No redirect is followed, to an internal address or to anywhere."""
    with Listener() as inside:
        there = {"Location": f"{inside.url}/secret"}
        with Listener(lambda request: Answer(status, headers=there), host="127.0.0.2") as outside:
            attempt = send(outside.url, allow=LOOPBACK)
        assert (attempt.kind, attempt.status, attempt.error) == ("failed", status, "redirected")
    assert inside.requests == []


def test_plain_http_needs_the_operators_leave(send, name_server) -> None:
    """http to a public host is refused before any connection: for good when the URL holds the address itself."""
    names = name_server({"plain.example": [["8.8.8.8"]]})
    attempt = send("http://plain.example/", resolve=names)
    assert (attempt.kind, attempt.error) == ("failed", "https_required")
    attempt = send("http://8.8.8.8/", resolve=names)
    assert (attempt.kind, attempt.error) == ("final", "https_required")


def test_a_proxy_in_the_environment_is_ignored(send, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY and ALL_PROXY don't take a webhook anywhere else."""
    with Listener() as proxy, Listener() as endpoint:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert send(endpoint.url, allow=LOOPBACK).kind == "delivered"
    assert proxy.requests == []


def test_this_machines_own_address_is_recognised() -> None:
    """An address of this machine is told apart from others, whatever network it is in."""
    assert is_own(canonical("127.0.0.1"))
    assert not is_own(canonical("192.0.2.1"))


def test_tls_is_verified_for_the_name(send, name_server, authority) -> None:
    """The certificate has to be the name's, although an address was dialled; the name is what is asked for."""
    names = name_server({"hooks.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]})
    asked: list[str | None] = []
    context = authority.server("DNS:hooks.example")
    context.sni_callback = lambda connection, name, _: asked.append(name)
    with Listener(tls=context) as endpoint:
        good = send(f"https://hooks.example:{endpoint.port}/", allow=LOOPBACK, resolve=names)
        wrong_name = send(f"https://other.example:{endpoint.port}/", allow=LOOPBACK, resolve=names)
        by_address = send(f"https://127.0.0.1:{endpoint.port}/", allow=LOOPBACK, resolve=names)
    assert good.kind == "delivered"
    assert [wrong_name.error, by_address.error] == ["unreachable", "unreachable"]
    assert "certificate" in wrong_name.detail
    assert asked[:2] == ["hooks.example", "other.example"]
    assert len(endpoint.requests) == 1
    assert endpoint.requests[0].headers["Host"] == f"hooks.example:{endpoint.port}"


def test_an_unknown_authority_is_refused(send, name_server, authority, tmp_path) -> None:
    """A certificate nobody vouches for gets no webhook, allowed network or not."""
    stranger = type(authority)(tmp_path)
    with Listener(tls=stranger.server("DNS:hooks.example")) as endpoint:
        names = name_server({"hooks.example": [["127.0.0.1"]]})
        attempt = send(f"https://hooks.example:{endpoint.port}/", allow=LOOPBACK, resolve=names)
    assert (attempt.kind, attempt.error) == ("failed", "unreachable")
    assert endpoint.requests == []


def test_old_tls_is_refused(send, name_server, authority) -> None:
    """An endpoint that speaks only TLS 1.1 gets nothing."""
    context = authority.server("DNS:hooks.example")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Listener(tls=context) as endpoint:
        names = name_server({"hooks.example": [["127.0.0.1"]]})
        attempt = send(f"https://hooks.example:{endpoint.port}/", allow=LOOPBACK, resolve=names)
    assert attempt.error == "unreachable"


@contextlib.contextmanager
def raw_endpoint(*chunks: bytes, for_ever: bytes = b"") -> Iterator[str]:
    """An endpoint below HTTP: writes the chunks, then one more for ever, or holds the line."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                for chunk in chunks:
                    connection.sendall(chunk)
                while for_ever:
                    connection.sendall(for_ever)
                over.wait()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    over.set()
    server.close()
    thread.join(10)
    assert not thread.is_alive(), "the sender still holds the connection"


OK = b"HTTP/1.1 200 OK\r\n"


def test_an_endless_answer_is_cut(send) -> None:
    """Only the first KiB of a body is read, however much follows; the status counts."""
    with raw_endpoint(OK + b"\r\n", for_ever=b"x" * 65536) as url:
        attempt = send(url, allow=LOOPBACK)
    assert (attempt.kind, attempt.detail) == ("delivered", "x" * EXCERPT_BYTES)


def test_endless_headers_are_refused(send) -> None:
    """Headers without end fail long before they fill memory."""
    with raw_endpoint(OK, for_ever=b"X-Filler: " + b"x" * 8192 + b"\r\n") as url:
        attempt = send(url, allow=LOOPBACK)
    assert (attempt.kind, attempt.error) == ("failed", "bad_answer")


@pytest.mark.parametrize(
    "chunks",
    [(), (b"HTTP/1.1 2",), (OK,), (b"HTTP/1.1 100 Continue\r\n\r\n" * 50,)],
)
def test_a_silent_endpoint_is_left_when_time_is_up(send, chunks: tuple[bytes, ...]) -> None:
    """Whatever point an endpoint goes silent at, the attempt ends when its time is up, with the line cut."""
    with raw_endpoint(*chunks) as url:
        assert send(url, allow=LOOPBACK, timeout_seconds=0.3).error == "timed_out"


@pytest.mark.parametrize("body", [b"\r\n", b"Content-Length: 9\r\n\r\nhalf"])
def test_a_body_that_never_ends_does_not_undo_the_status(send, body: bytes) -> None:
    """Once the headers say 2xx, the endpoint has it: waiting for a body that doesn't come isn't worth a second try."""
    with raw_endpoint(OK + body) as url:
        assert send(url, allow=LOOPBACK).kind == "delivered"


def test_a_silent_tls_endpoint_is_left_when_time_is_up(send) -> None:
    """A handshake that never comes costs no more than the attempt's time."""
    with raw_endpoint() as url:
        assert send(url.replace("http:", "https:"), allow=LOOPBACK, timeout_seconds=0.3).error == "timed_out"


def test_a_name_server_that_hangs_is_left_when_time_is_up(send) -> None:
    """A look-up that never ends costs no more than the attempt's time."""
    import asyncio

    async def hang(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    assert send("https://slow.example/", resolve=hang, timeout_seconds=0.3).error == "timed_out"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n", b"-ERR unknown command 'POST'\r\n", b"HTTP/2 200 OK\r\n\r\n",
        bytes(range(256)) * 16,
        b"HTTP/1.1 abc OK\r\n\r\n", OK + b"Content-Length: -5\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", OK + b"Bad\x00Name: x\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_not_http_is_a_bad_answer(send, answer: bytes) -> None:
    """Other protocols and broken HTTP are failures with a code, never an exception."""
    with raw_endpoint(answer + b"\r\n\r\n") as url:
        attempt = send(url, allow=LOOPBACK, timeout_seconds=5)
    assert attempt.kind == "failed"
    assert attempt.error in {"bad_answer", "unreachable"}


def test_an_excerpt_is_printable(send) -> None:
    """What is kept of an answer can be shown in a terminal: no control characters, no broken encoding."""
    with Listener(lambda request: Answer(500, body=b"\x1b[31mred\x00\xff\r\n\xe2\x80\xaeback")) as endpoint:
        attempt = send(endpoint.url, allow=LOOPBACK)
    assert attempt.detail.isprintable()
    assert "red" in attempt.detail


def test_a_hung_up_connection_is_a_failure(send) -> None:
    """Nobody listening is a failure to be tried again, with the system's words."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    attempt = send(f"http://127.0.0.1:{port}/", allow=LOOPBACK)
    assert (attempt.kind, attempt.error) == ("failed", "unreachable")
    assert attempt.detail


def test_a_second_address_is_tried(send, name_server) -> None:
    """When the first of two checked addresses doesn't answer, the second is dialled."""
    with Listener(host="127.0.0.2") as endpoint:
        names = name_server({"two.example": [["127.0.0.3", "127.0.0.2"]]})
        assert send(f"http://two.example:{endpoint.port}/", allow=LOOPBACK, resolve=names).kind == "delivered"
