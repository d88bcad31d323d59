"""Around every request: counting, the last safety net, and bodies that nobody will read."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.bodies import content_length
from api.errors import Problem, problem_response
from api.metrics import Metrics

log = structlog.get_logger()

# After an early answer, how much of an unwanted body is still taken in, so that a client that only
# listens once it has sent everything gets to read the answer instead of a reset connection.
LINGER_SECONDS = 2.0
LINGER_BYTES = 4 * 1024 * 1024
SMALL_BYTES = 64 * 1024  # an unread body of this size is simply swallowed, and the connection stays

CLIENT_GONE = 499  # never sent: what the counters call a client that went away


class Edge:
    """ASGI middleware. Costs a few microseconds a request."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        begun = time.perf_counter()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = exchange.status or CLIENT_GONE
        except Exception as exc:
            await self._broken(exchange, exc)
        finally:
            self._count(scope, exchange.status, time.perf_counter() - begun)

    async def _broken(self, exchange: _Exchange, exc: Exception) -> None:
        """A bug of ours: log it with its place, tell the client nothing but a number to ask about."""
        request_id = secrets.token_hex(8)
        # The exception's text may quote what a tenant sent; its kind and place are enough to find the bug.
        log.error("request_failed", request_id=request_id, error=type(exc).__name__, at=_place(exc))
        if exchange.status:
            raise exc  # half an answer is out: only breaking the connection tells the client
        problem = Problem(
            "internal", "Something broke on our side; tell the operator the request_id.", request_id=request_id
        )
        await problem_response(problem)(exchange.scope, exchange.receive, exchange.send)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        # Routes, never paths: names of models and ids of jobs stay out of the metrics.
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if route != "unmatched" else "any"
        self._metrics.answered(method, route, status, seconds)


class _Exchange:
    """One request and its answer: knows whether the body was read to its end."""

    __slots__ = ("_linger", "_receive", "_send", "body_read", "scope", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.body_read = False
        self.status = 0
        self._linger = False

    async def receive(self) -> Message:
        message = await self._receive()
        if not message.get("more_body", False):
            self.body_read = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if not self.body_read and _unread(dict(self.scope["headers"])):
                self._linger = True
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await self._send(message)
        elif self._linger and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._drain()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await self._send(message)

    async def _drain(self) -> None:
        headers = dict(self.scope["headers"])
        if b"expect" in headers:
            return  # the client waits for leave to send, and the answer was that it has none
        left = LINGER_BYTES
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while left > 0 and not self.body_read:
                    left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            return


def _unread(headers: Mapping[bytes, bytes]) -> bool:
    """Whether more of a body may come than is worth swallowing."""
    return b"transfer-encoding" in headers or (content_length(headers) or 0) > SMALL_BYTES


def _place(exc: BaseException) -> str:
    trace = exc.__traceback__
    if trace is None:
        return "?"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
