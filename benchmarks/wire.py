"""Our multiplexed connection beside redis-py's asyncio client: the same admission script, the same Redis.

    .venv/bin/python benchmarks/wire.py

Prints admissions a second at 1, 16 and 64 concurrent callers for each, and their ratio; medians of five rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

import redis.asyncio
from private_redis import private_redis

from store.ids import new_id
from store.jobs.front import JobFront
from store.jobs.records import Admission
from store.jobs.scripts import script

CALLS = 2000
ROUNDS = 5


def admission() -> Admission:
    """A small job of one tenant."""
    return Admission(
        job_id=new_id("job"),
        tenant_id="ten_a",
        model="m",
        version_id="ver_a",
        version_number=1,
        generation=0,
        input_kind="json",
        payload=b"[1]",
        timeout_seconds=30.0,
        queued_limit=10**9,
        requests_per_minute=10**9,
        concurrency=1,
        result_seconds=60,
    )


async def rate(call: Callable[[], Awaitable[object]], *, callers: int) -> float:
    """Calls a second with that many callers."""

    async def one() -> None:
        for _ in range(CALLS // callers):
            await call()

    started = time.perf_counter()
    await asyncio.gather(*[one() for _ in range(callers)])
    return CALLS / (time.perf_counter() - started)


async def main(url: str) -> None:
    """Interleaved rounds, so that a noisy neighbour hits both."""
    front = JobFront(url)
    await front.start()
    pool = redis.asyncio.BlockingConnectionPool.from_url(url, max_connections=64)
    client = redis.asyncio.Redis(connection_pool=pool)
    found = script("admit")
    await client.script_load(found.text)

    async def ours() -> object:
        return await front.admit(admission())

    async def theirs() -> object:
        return await client.evalsha(found.sha1, 0, *front._admit_arguments(admission(), wait=False))

    print("| callers | redis-py asyncio, calls/s | one multiplexed connection, calls/s | ratio |\n|---|---|---|---|")
    for callers in (1, 16, 64):
        pairs = [(await rate(theirs, callers=callers), await rate(ours, callers=callers)) for _ in range(ROUNDS)]
        a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"| {callers} | {a:,.0f} | {b:,.0f} | {b / a:.2f} |")
    await client.aclose()
    await front.close()


if __name__ == "__main__":
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    with private_redis() as url:
        asyncio.run(main(url))
