"""Steps that several files of these tests take."""

from __future__ import annotations

import asyncio

import redis

from store.jobs.back import Claim, JobBack
from store.jobs.turns import TURNS_QUEUE_KEY


async def issued_token(connection: redis.Redis) -> str:
    """The token of the one turn handed to RQ; waits for the hand-over."""
    for _ in range(200):
        if connection.llen(TURNS_QUEUE_KEY) and connection.zcard("turns:issued"):
            return connection.zrange("turns:issued", 0, -1)[-1].decode()  # type: ignore[index,union-attr]
        await asyncio.sleep(0.01)
    raise AssertionError("no turn reached RQ")


async def claim_one(connection: redis.Redis, back: JobBack) -> tuple[str, Claim]:
    """Begin the issued turn and claim one job."""
    token = await issued_token(connection)
    assert back.begin(token) == ("ver_a", "ten_a")
    settled = back.settle(token, "ver_a", [], want=1)
    assert len(settled.claims) == 1
    return token, settled.claims[0]
