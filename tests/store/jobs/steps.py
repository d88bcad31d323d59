"""Steps that several files of these tests take."""

from __future__ import annotations

import asyncio

import redis

from store.jobs.back import Claim, JobBack
from store.jobs.turns import GPU_TURNS_QUEUE_KEY, TURNS_QUEUE_KEY


async def issued_token(connection: redis.Redis, *, gpu: bool = False) -> str:
    """The token of the one turn of its kind handed to RQ; waits for the hand-over."""
    queue_key, issued = (GPU_TURNS_QUEUE_KEY, "gpu_turns:issued") if gpu else (TURNS_QUEUE_KEY, "turns:issued")
    for _ in range(200):
        if connection.llen(queue_key) and connection.zcard(issued):
            return connection.zrange(issued, 0, -1)[-1].decode()  # type: ignore[index,union-attr]
        await asyncio.sleep(0.01)
    raise AssertionError("no turn reached RQ")


async def claim_one(connection: redis.Redis, back: JobBack, *, gpu: bool = False) -> tuple[str, Claim]:
    """Begin the issued turn and claim one job."""
    token = await issued_token(connection, gpu=gpu)
    assert back.begin(token) == ("ver_a", "ten_a")
    settled = back.settle(token, "ver_a", [], want=1)
    assert len(settled.claims) == 1
    return token, settled.claims[0]
