"""A batch of many inputs on a whole engine: how fast it is taken, how fast it ends, what it costs others and Redis.

    .venv/bin/python benchmarks/batch.py                  # 100,000 inputs; writes benchmarks/README.md
    .venv/bin/python benchmarks/batch.py --lines 2000     # fewer, and nothing is written

The model returns its input. Beside the batch the same tenant asks single jobs of the same model, one at a time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import dataclass

import httpx
import redis
from machine import describe
from private_engine import Engine, running
from tables import table, write

from store.settings import default_run_dir

LINES = 100_000
SINGLE_JOBS = 50  # asked alone, before the batch


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured."""

    lines: int
    taken_seconds: float
    ended_seconds: float
    alone_p50_seconds: float
    beside_p50_seconds: float
    beside_worst_seconds: float
    redis_bytes: int


def measure(engine: Engine, *, lines: int) -> Found:
    """One batch from the first byte sent to the last result."""
    engine.upload_echo("echo")
    content = b"".join(b'{"input":%d}\n' % number for number in range(lines))
    with engine.client() as client, _redis(engine) as connection:
        alone = [_ask(client) for _ in range(SINGLE_JOBS)]
        before = most = _memory(connection)
        began = time.perf_counter()
        answer = client.post("/v1/models/echo/batches", content=content, timeout=120)
        taken = time.perf_counter() - began
        answer.raise_for_status()
        batch, beside = answer.json(), [_ask(client)]
        while batch["status"] == "running":
            beside.append(_ask(client))
            most = max(most, _memory(connection))
            batch = client.get(batch["urls"]["self"]).json()
        ended = time.perf_counter() - began
        results = client.get(batch["urls"]["results"]).content.splitlines()
    if batch["succeeded"] != lines or [json.loads(line)["output"] for line in results] != list(range(lines)):
        raise SystemExit(f"Not every line was answered in its place: {batch}")
    return Found(lines, taken, ended, statistics.median(alone), statistics.median(beside), max(beside), most - before)


def _ask(client: httpx.Client) -> float:
    began = time.perf_counter()
    answer = client.post("/v1/models/echo/jobs", json={"input": 7}, headers={"Prefer": "wait=30"})
    if answer.status_code != 200 or answer.json()["output"] != 7:
        raise SystemExit(f"A single job failed: {answer.status_code} {answer.text}")
    return time.perf_counter() - began


def _redis(engine: Engine) -> redis.Redis:
    return redis.Redis(unix_socket_path=f"{default_run_dir(engine.data.resolve())}/redis.sock")


def _memory(connection: redis.Redis) -> int:
    return int(connection.info("memory")["used_memory"])  # type: ignore[index]  # the stub's is for asyncio too


def render(found: Found) -> str:
    """The figures as a table."""
    rows = [
        ("inputs", f"{found.lines:,}"),
        ("checked and accepted after", f"{found.taken_seconds:.2f} s"),
        ("all answered after", f"{found.ended_seconds:.1f} s"),
        ("answered a second", f"{found.lines / found.ended_seconds:,.0f}"),
        ("p50 of the tenant's single jobs, alone", f"{found.alone_p50_seconds * 1000:.1f} ms"),
        ("p50 of the same beside the batch", f"{found.beside_p50_seconds * 1000:.1f} ms"),
        ("the worst of them", f"{found.beside_worst_seconds * 1000:.0f} ms"),
        ("Redis memory while it ran, at most, above before", f"{found.redis_bytes / 2**20:.1f} MiB"),
    ]
    return table(("a batch", "found"), rows)


def main() -> None:
    """Measure, print, and write unless it was a small one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=LINES)
    lines = parser.parse_args().lines
    with running() as engine:
        text = render(measure(engine, lines=lines))
    print(text)
    if lines == LINES:
        facts = "\n".join(f"- {line}" for line in describe())
        write("batch", f"`.venv/bin/python benchmarks/batch.py`\n\n{facts}\n\n{text}")


if __name__ == "__main__":
    main()
