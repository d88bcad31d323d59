"""One multiplexed connection to Redis: every call of a process shares it, and its replies come in order.

Calls made in the same turn of the event loop leave in one write, so that under load many admissions
cost one system call here and one append-only-file sync there. Measured beside redis-py's asyncio
client in ``docs/decisions/0003-hot-path.md``. Used for the API's hot path only; everything else uses redis-py.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis
from redis.asyncio.connection import parse_url

from store.errors import RedisUnavailable

Command = Sequence[str | bytes | int | float]
Push = Callable[[Any], None]


def pack(command: Command) -> bytes:
    """The command as Redis reads it."""
    packed: bytes = hiredis.pack_command(tuple(command))  # type: ignore[arg-type]  # the stub forgets bytes beside str
    return packed


class Wire(asyncio.Protocol):
    """A connection that is opened on first use and again after it was lost.

    A call whose connection is lost before its reply came raises RedisUnavailable: whether Redis did it is
    unknown. ``greeting`` is sent first on every new connection. With ``push`` the connection is a
    subscriber: every message goes there, and no calls are made.
    """

    def __init__(
        self, url: str, *, greeting: Sequence[Command] = (), push: Push | None = None, patience_seconds: float = 5.0
    ) -> None:
        self._options = parse_url(url)
        self._greeting = greeting
        self._push = push
        self._patience_seconds = patience_seconds
        self._transport: asyncio.Transport | None = None
        self._reader = hiredis.Reader()
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._outgoing: list[bytes] = []
        self._opening = asyncio.Lock()
        self._answered = 0
        self.lost = asyncio.Event()

    async def call(self, *command: str | bytes | int | float) -> Any:
        """The reply to one command. Raises RedisUnavailable, also for what Redis itself refuses.

        That is: loading its data, out of memory, disk full, read-only, a script gone after SCRIPT FLUSH. In
        the last case the connection is dropped too, so that the next call greets Redis with the scripts again.
        """
        if self._transport is None:
            await self.open()
        reply = await self._send(command)
        if isinstance(reply, hiredis.ReplyError):
            if str(reply).startswith("NOSCRIPT"):
                self.close()
            raise RedisUnavailable(str(reply))
        return reply

    async def open(self) -> None:
        """Connect and greet; nothing to do when connected."""
        async with self._opening:
            if self._transport is not None:
                return
            try:
                async with asyncio.timeout(self._patience_seconds):
                    await self._connect()
                    for reply in await asyncio.gather(*[self._send(command) for command in self._hello()]):
                        if isinstance(reply, hiredis.ReplyError):
                            raise RedisUnavailable(str(reply))
            except (OSError, TimeoutError) as exc:
                self.close()
                raise RedisUnavailable(str(exc) or type(exc).__name__) from exc
            except RedisUnavailable:
                self.close()
                raise
            if self._push is not None and self._transport is not None:
                self._transport.write(pack(self._greeting[-1]))

    def close(self) -> None:
        """Drop the connection; calls under way fail. The next call opens a new one."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        self._fail("the connection was closed")

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self.lost.clear()
        options = self._options
        if "path" in options:
            await loop.create_unix_connection(lambda: self, options["path"])
            return
        # The connection class is how redis-py's URLs say "rediss": TLS with the system's certificates.
        context = (
            ssl.create_default_context()
            if "connection_class" in options and "SSL" in str(options["connection_class"])
            else None
        )
        await loop.create_connection(
            lambda: self, options.get("host", "localhost"), options.get("port", 6379), ssl=context
        )

    def _hello(self) -> list[Command]:
        commands: list[Command] = []
        if self._options.get("password"):
            user = self._options.get("username") or "default"
            commands.append(("AUTH", user, self._options["password"]))
        if self._options.get("db"):
            commands.append(("SELECT", self._options["db"]))
        # A subscriber's last command is SUBSCRIBE: its replies are pushes, so it is sent by open().
        commands += self._greeting if self._push is None else self._greeting[:-1]
        return commands

    def _send(self, command: Command) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if self._transport is None:
            future.set_exception(RedisUnavailable("the connection was lost"))
            return future
        if not self._outgoing:
            loop.call_soon(self._flush)
        self._outgoing.append(pack(command))
        if not self._waiting:
            loop.call_later(self._patience_seconds, self._check, self._answered)
        self._waiting.append(future)
        return future

    def _flush(self) -> None:
        data, self._outgoing = b"".join(self._outgoing), []
        if self._transport is not None and data:
            self._transport.write(data)

    def _check(self, answered_then: int) -> None:
        # One timer for the whole connection: if nothing at all was answered since, Redis hangs.
        if not self._waiting:
            return
        if self._answered == answered_then:
            self.close()
        else:
            asyncio.get_running_loop().call_later(self._patience_seconds, self._check, self._answered)

    def _fail(self, why: str) -> None:
        self.lost.set()
        self._outgoing.clear()
        waiting, self._waiting = self._waiting, deque()
        for future in waiting:
            if not future.done():
                future.set_exception(RedisUnavailable(why))

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of asyncio's

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._transport = None
        self._fail(str(exc) if exc else "Redis closed the connection")

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:
            if self._waiting:
                self._answered += 1
                future = self._waiting.popleft()
                if not future.done():
                    future.set_result(reply)
            elif self._push is not None:
                self._push(reply)
