"""What one more job costs with few and with a million of them in the queue, and what a queued job weighs in Redis.

    .venv/bin/python benchmarks/depth.py             # five minutes, 2 GB of memory; writes benchmarks/README.md
    .venv/bin/python benchmarks/depth.py --quick     # up to 10,000; nothing is written

A Redis for each depth with the append-only file synced on every write, the engine's own scripts through its own store:
admissions, and settlements that write one outcome and claim the next job, in turns, so that the depth stays. The depths
are measured by turns as well, a second each: what a machine's neighbours do falls on all of them alike. A queue is
spread over a thousand tenants with two models each.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import astuple, dataclass

import redis
from machine import describe
from private_redis import private_redis
from tables import table, write

from store.ids import new_id
from store.jobs.back import JobBack, Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission
from store.jobs.scripts import script

DEPTHS = (10, 10_000, 1_000_000)
ROUNDS = 11
CALLS = 200  # of each kind and depth a round
TENANTS, VERSIONS = 1000, 2
INPUT = b'{"pixels":[0,0,5,13,9,1,0,0],"name":"a digit"}'
FLAT = 1.2  # at most so many times the cost at the least depth
JOB_BYTES = 1024  # at most, of Redis, for a small job that waits


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one admission and of one settlement with its claim: for the caller, and of the script alone."""

    admit: float
    settle: float
    admit_script: float
    settle_script: float


class Queue:
    """The store's two sides on one Redis, and a turn in hand."""

    def __init__(self, url: str) -> None:
        self.redis = redis.Redis.from_url(url)
        # The file doubles again and again while the queue is filled. Who rewrites it is a process that shares pages
        # until they change: it comes once in a while, and is not what a deep queue costs.
        self.redis.config_set("auto-aof-rewrite-percentage", 0)
        self._front = JobFront(url)
        self._places = self._all_places()
        self._admit = script("admit")
        self.redis.script_load(self._admit.text)
        self.back = JobBack(self.redis, worker="bench")
        self.back.heartbeat()
        self.depth = 0
        self._token = ""
        self._held: list[Settlement] = []

    def fill(self, depth: int) -> None:
        """Admit jobs until so many wait. Redis need not sync meanwhile."""
        self.redis.config_set("appendfsync", "no")
        while self.depth < depth:
            count = min(1000, depth - self.depth)
            pipe = self.redis.pipeline(transaction=False)
            for _ in range(count):
                pipe.evalsha(self._admit.sha1, 0, *self._arguments(*next(self._places)))
            pipe.execute()
            self.depth += count
        self.redis.config_set("appendfsync", "always")

    def begin(self) -> None:
        """Take one version's turn and its first job."""
        answer = self.redis.evalsha(self._admit.sha1, 0, *self._arguments("ten_bench", "ver_bench"))
        self._token = answer[-1].decode()  # type: ignore[index,union-attr]
        self.back.begin(self._token)
        self.settle()

    def admit(self) -> float:
        """Seconds of one admission to the version in hand."""
        arguments = self._arguments("ten_bench", "ver_bench")
        begun = time.perf_counter()
        self.redis.evalsha(self._admit.sha1, 0, *arguments)
        return time.perf_counter() - begun

    def settle(self) -> float:
        """Seconds of one settlement: an outcome written, the next job claimed."""
        begun = time.perf_counter()
        settled = self.back.settle(self._token, "ver_bench", self._held, want=1)
        seconds = time.perf_counter() - begun
        self._held = [Settlement(claim, "succeeded", 0.001, output=b"[1]") for claim in settled.claims]
        return seconds

    def memory_bytes(self) -> int:
        """What Redis has allocated for its data."""
        self.redis.execute_command("MEMORY PURGE")
        found: int = self.redis.info("memory")["used_memory"]  # type: ignore[index]
        return found

    def script_seconds(self) -> tuple[int, float]:
        """Calls of scripts so far, and the seconds spent in them."""
        found = self.redis.info("commandstats").get("cmdstat_evalsha", {})  # type: ignore[union-attr]
        return int(found.get("calls", 0)), float(found.get("usec", 0)) / 1e6

    def _arguments(self, tenant: str, version: str) -> tuple[str | bytes | int | float, ...]:
        admission = Admission(
            job_id=new_id("job"),
            tenant_id=tenant,
            model="digit-classifier",
            version_id=version,
            version_number=1,
            generation=0,
            input_kind="json",
            payload=INPUT,
            timeout_seconds=30.0,
            queued_limit=10**9,
            requests_per_minute=10**9,
            concurrency=2,
            result_seconds=86_400,
        )
        return self._front._admit_arguments(admission, wait=False)

    @staticmethod
    def _all_places() -> Iterator[tuple[str, str]]:
        versions = [
            (tenant, new_id("ver")) for tenant in (new_id("ten") for _ in range(TENANTS)) for _ in range(VERSIONS)
        ]
        return itertools.cycle(versions)


def main() -> None:
    """Measure, print, write; exit status 1 when it is not flat or a job weighs too much."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="up to 10,000 jobs; nothing is written")
    quick = parser.parse_args().quick
    depths = DEPTHS[:2] if quick else DEPTHS
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        costs, weight = _measured({depth: Queue(stack.enter_context(private_redis())) for depth in depths})
    text = _report(costs, weight, [*describe(), f"load average before the run {load:.1f}"])
    print(text)
    if not quick:
        write("depth", text)
    worst = max(max(_ratios(costs, depth)) for depth in depths)
    sys.exit(0 if worst <= FLAT and weight <= JOB_BYTES else 1)


def _measured(queues: dict[int, Queue]) -> tuple[dict[int, Cost], float]:
    """The cost at each depth, and what a job weighs in the deepest queue."""
    weight, (*_, some, most) = 0.0, sorted(queues)
    for depth, queue in queues.items():
        queue.begin()
        queue.fill(min(depth, some))
        before = queue.memory_bytes()  # from here on: with few jobs the keys of the tenants themselves are most of it
        queue.fill(depth)
        if depth == most:
            weight = (queue.memory_bytes() - before) / (most - some)
        for _ in range(200):  # warm
            queue.admit()
            queue.settle()
        _say(f"{depth:,} jobs wait")
    rounds: dict[int, list[Cost]] = {depth: [] for depth in queues}
    for number in range(ROUNDS):
        for depth, queue in queues.items():
            rounds[depth].append(_cost(queue))
        _say(f"round {number + 1} of {ROUNDS}: " + ", ".join(_us(costs[-1].admit) for costs in rounds.values()))
    return {depth: _median(costs) for depth, costs in rounds.items()}, weight


def _cost(queue: Queue) -> Cost:
    """One round: the medians of the calls, and the means in scripts."""
    admits, settles, scripts = [], [], []
    for _ in range(CALLS):
        admits.append(queue.admit())
        settles.append(queue.settle())
    for step in (queue.admit, queue.settle):
        calls, seconds = queue.script_seconds()
        for _ in range(CALLS):
            step()
        more_calls, more_seconds = queue.script_seconds()
        scripts.append((more_seconds - seconds) / (more_calls - calls))
    return Cost(statistics.median(admits), statistics.median(settles), *scripts)


def _median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(column) for column in zip(*map(astuple, costs), strict=True)))


def _ratios(costs: dict[int, Cost], depth: int) -> tuple[float, float, float, float]:
    least, here = costs[min(costs)], costs[depth]
    return (
        here.admit / least.admit,
        here.settle / least.settle,
        here.admit_script / least.admit_script,
        here.settle_script / least.settle_script,
    )


def _report(costs: dict[int, Cost], weight: float, facts: list[str]) -> str:
    columns = [
        "jobs queued",
        "admit",
        "ratio",
        "settle and claim",
        "ratio",
        "in the script: admit",
        "ratio",
        "settle",
        "ratio",
    ]
    rows = []
    for depth, cost in costs.items():
        seconds = (cost.admit, cost.settle, cost.admit_script, cost.settle_script)
        cells = [
            cell
            for pair in zip(map(_us, seconds), (f"{r:.2f}" for r in _ratios(costs, depth)), strict=True)
            for cell in pair
        ]
        rows.append([f"{depth:,}", *cells])
    facts.append(f"Redis holds {weight:,.0f} bytes for a queued job with an input of {len(INPUT)}, all keys counted")
    head = "`.venv/bin/python benchmarks/depth.py`"
    return "\n\n".join([head, "\n".join(f"- {fact}" for fact in facts), table(columns, rows)])


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
