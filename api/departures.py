"""Noticing that a client has gone away while it is kept waiting."""

from __future__ import annotations

import asyncio

from starlette.types import Receive

UNWANTED_BYTES = 65_536  # of a body that nobody asked for
LOOK_AFTER_SECONDS = 1.0  # most answers come sooner: they pay a timer and no task


class Departure:
    """Cancels the task that made it once the client has gone; ``gone`` says that this is why. Call end() afterwards."""

    def __init__(self, receive: Receive) -> None:
        self.gone = False
        self._receive = receive
        self._waiting = asyncio.current_task()
        self._watch: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(LOOK_AFTER_SECONDS, self._begin)

    def end(self) -> None:
        """Look no more. Safe to call twice."""
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()

    def _begin(self) -> None:
        self._watch = asyncio.ensure_future(self._until_gone())

    async def _until_gone(self) -> None:
        await departed(self._receive)
        self.gone = True
        if self._waiting is not None:
            self._waiting.cancel()


async def departed(receive: Receive) -> None:
    """Return when the client has gone, or sends more than it has any business to. Call it once the body is read."""
    unwanted = 0
    while unwanted <= UNWANTED_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            return
        unwanted += len(message.get("body", b""))
