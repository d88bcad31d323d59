"""One POST to one endpoint: checked addresses, verified TLS, bounded in time and bytes, no redirects."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore

from store.destinations.addresses import Address, Allow
from store.destinations.guard import Refusal, Resolve, Target, checked_addresses, read_url
from worker.webhooks.attempt import Attempt
from worker.webhooks.pinned import PinnedBackend

TIMEOUT_SECONDS = 15.0  # name, connection, TLS, request and answer together; the specification asks for 15 to 30
CONNECT_SECONDS = 10.0  # of these, so that a second address still gets its turn
EXCERPT_SECONDS = 2.0  # the status is the answer; its body is only for people
EXCERPT_BYTES = 1024  # of an answer's body; the rest is never read


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends signed bodies. Follows no redirect, uses no proxy, keeps no connection and no cookie."""

    allow: Allow
    resolve: Resolve
    tls: ssl.SSLContext
    timeout_seconds: float = TIMEOUT_SECONDS

    async def send(self, url: str, *, body: bytes, headers: dict[str, str]) -> Attempt:
        """POST the body and say how it ended. Never raises for anything the endpoint does."""
        target = read_url(url)
        if isinstance(target, Refusal):
            return _refused(target)
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._send(target, body=body, headers=headers)
        except TimeoutError:
            return Attempt("failed", error="timed_out", detail=f"No answer within {self.timeout_seconds:g} s.")
        except (httpcore.NetworkError, httpcore.TimeoutException, ssl.SSLError, OSError) as exc:
            return Attempt("failed", error="unreachable", detail=_printable(str(exc)) or type(exc).__name__)
        except (httpcore.ProtocolError, ValueError) as exc:
            return Attempt("failed", error="bad_answer", detail=_printable(str(exc)) or type(exc).__name__)

    async def _send(self, target: Target, *, body: bytes, headers: dict[str, str]) -> Attempt:
        addresses = await checked_addresses(target, allow=self.allow, resolve=self.resolve)
        if isinstance(addresses, Refusal):
            return _refused(addresses)
        async with self._connection(target, addresses) as connection:
            request = _request(target, body=body, headers=headers)
            response = await connection.handle_async_request(request)
            excerpt = await _excerpt(response)
        return _judge(response, excerpt=excerpt)

    def _connection(self, target: Target, addresses: tuple[Address, ...]) -> httpcore.AsyncHTTPConnection:
        origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
        return httpcore.AsyncHTTPConnection(
            origin, ssl_context=self.tls, network_backend=PinnedBackend(addresses), http1=True, http2=False
        )


def _request(target: Target, *, body: bytes, headers: dict[str, str]) -> httpcore.Request:
    url = httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )
    pairs = [("Host", target.authority), ("Content-Length", str(len(body))), ("Connection", "close"), *headers.items()]
    extensions = {"timeout": {"connect": CONNECT_SECONDS}}
    return httpcore.Request("POST", url, headers=pairs, content=body, extensions=extensions)


async def _excerpt(response: httpcore.Response) -> str:
    """The start of the body as printable text; what follows stays unread. A body that breaks off changes nothing."""
    found = b""
    with suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
        async with asyncio.timeout(EXCERPT_SECONDS):
            async for chunk in response.aiter_stream():
                found += chunk[:EXCERPT_BYTES]
                if len(found) >= EXCERPT_BYTES:
                    break
    return _printable(found[:EXCERPT_BYTES].decode(errors="backslashreplace"))


def _judge(response: httpcore.Response, *, excerpt: str) -> Attempt:
    status = response.status
    if 200 <= status < 300:
        return Attempt("delivered", status=status, detail=excerpt)
    if status == 410:
        return Attempt("final", status=status, error="gone", detail=excerpt)
    error = "redirected" if 300 <= status < 400 else "bad_status"
    asked = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
    wait = retry_after_seconds(asked.decode("latin-1"), now=datetime.now(UTC))
    return Attempt("failed", status=status, error=error, detail=excerpt, retry_after_seconds=wait)


def retry_after_seconds(value: str, *, now: datetime) -> float:
    """What a Retry-After header asks for: seconds or a date; 0 when it is absent, past or unreadable."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def _refused(refusal: Refusal) -> Attempt:
    kind = "final" if refusal.final else "failed"
    return Attempt(kind, error=refusal.code, detail=_printable(refusal.message))  # type: ignore[arg-type]  # inferred as str


def _printable(text: str) -> str:
    """What can't be printed, and what drives terminals or turns text around, is escaped, not dropped."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.strip())
    return shown[:EXCERPT_BYTES]
