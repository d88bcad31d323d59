"""Waiting for a future for a while."""

from __future__ import annotations

import asyncio
from typing import Any


async def until_done(future: asyncio.Future[Any], seconds: float) -> None:
    """Return when it is done, or after that time. Others may wait for it too: whoever is canceled leaves it alone.

    That is asyncio.wait() for one future, at half the price.
    """
    loop = asyncio.get_running_loop()
    turn: asyncio.Future[None] = loop.create_future()

    def over(_done: object = None) -> None:
        if not turn.done():
            turn.set_result(None)

    timer = loop.call_later(seconds, over)
    future.add_done_callback(over)
    try:
        await turn
    finally:
        timer.cancel()
        future.remove_done_callback(over)
