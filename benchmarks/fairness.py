"""A tenant that asks now and then, alone and beside one that floods the engine: what it notices.

    .venv/bin/python benchmarks/fairness.py             # about twelve minutes; writes benchmarks/README.md
    .venv/bin/python benchmarks/fairness.py --quick     # shorter, and nothing is written
    .venv/bin/python benchmarks/fairness.py --workers 1

The flood is in the queue before the light tenant is measured beside it, and is not done when it was: jobs that
compute for some milliseconds over many models, jobs that compute for 200 ms, and, alone, nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from dataclasses import dataclass, replace

import httpx
from machine import describe
from private_engine import Engine, running
from tables import table, write

TARGET_RATIO = 2.0  # of the light tenant's p99, beside the flood and alone
PAUSE_SECONDS = (0.1, 0.3)  # between two jobs of the light tenant
FLOODING_CLIENTS = 32
WARM_UP = 5  # jobs of each state that don't count
BUSY = """import time

import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("nothing", torch.zeros(1))

    def predict_single(self, seconds):
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            pass
        return seconds
"""


@dataclass(frozen=True, slots=True)
class Flood:
    """So many jobs of so long, over so many models."""

    name: str
    jobs: int
    seconds: float
    models: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The light tenant's times, in seconds: from asking to the answer, and in the queue. ``left`` of the flood."""

    name: str
    p50: float
    p99: float
    worst: float
    queued_p50: float
    queued_p99: float
    left: int = 0


def main() -> None:
    """Measure, print, write; exit status 1 when the target was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer jobs and models; nothing is written")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", choices=("many", "slow"), help="one of the floods")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    samples = 60 if chosen.quick else 200
    floods = {
        "many": Flood("5 ms jobs over many models", *((6_000, 0.005, 6) if chosen.quick else (100_000, 0.005, 50))),
        "slow": Flood("200 ms jobs", *((600, 0.2, 2) if chosen.quick else (2_000, 0.2, 4))),
    }
    rows: list[tuple[Measured, Measured]] = []
    for flood in [floods[chosen.only]] if chosen.only else floods.values():
        with running(CLOCHE_WORKERS=str(chosen.workers)) as engine:
            rows.append(asyncio.run(_beside(engine, flood, samples=samples)))
    facts = [*describe(), f"{chosen.workers} workers; load average before the run {load:.1f}"]
    text = _report(rows, facts, samples=samples)
    print(text)
    if not chosen.quick:
        write("fairness", text)
    sys.exit(0 if all(flooded.p99 <= TARGET_RATIO * alone.p99 for alone, flooded in rows) else 1)


async def _beside(engine: Engine, flood: Flood, *, samples: int) -> tuple[Measured, Measured]:
    """The light tenant alone, then beside the flood, on the same engine."""
    light, heavy = engine.tenant("light"), engine.tenant("heavy", queued_jobs=200_000, models=100)
    light.upload_echo("now-and-then")
    names = [f"flood-{number}" for number in range(flood.models)]
    for name in names:
        heavy.upload(name, BUSY.encode())
    engine.settle()
    alone = await _measure(light, "alone", samples=samples)
    await _flood(heavy, flood, names)
    beside = await _measure(light, flood.name, samples=samples)
    left = heavy.queued()
    if not left:
        sys.exit("The flood was done before the light tenant was measured: ask for more jobs.")
    return alone, replace(beside, left=left)


async def _measure(light: Engine, name: str, *, samples: int) -> Measured:
    seconds, queued = [], []
    headers = {"Authorization": f"Bearer {light.key}", "Prefer": "wait=30"}
    async with httpx.AsyncClient(base_url=light.url, headers=headers, timeout=60) as client:
        for number in range(samples + WARM_UP):
            await asyncio.sleep(random.uniform(*PAUSE_SECONDS))
            begun = time.perf_counter()
            answer = await client.post("/v1/models/now-and-then/jobs", json={"input": number})
            seconds.append(time.perf_counter() - begun)
            queued.append(answer.json().get("queue_seconds") or 0.0)
            if answer.status_code != 200 or answer.json()["output"] != number:
                sys.exit(f"The light tenant was not answered: {answer.status_code} {answer.text}")
    seconds, queued = sorted(seconds[WARM_UP:]), sorted(queued[WARM_UP:])
    _say(f"{name}: {' '.join(_ms(s) for s in seconds[-5:])} at worst")
    at = round(0.99 * (len(seconds) - 1))
    return Measured(name, statistics.median(seconds), seconds[at], seconds[-1], statistics.median(queued), queued[at])


async def _flood(heavy: Engine, flood: Flood, names: list[str]) -> None:
    """Submit all of it."""
    numbers = iter(range(flood.jobs))
    headers = {"Authorization": f"Bearer {heavy.key}"}
    async with httpx.AsyncClient(base_url=heavy.url, headers=headers, timeout=60) as client:

        async def submit() -> None:
            for number in numbers:
                answer = await client.post(
                    f"/v1/models/{names[number % len(names)]}/jobs", json={"input": flood.seconds}
                )
                if answer.status_code != 202:
                    sys.exit(f"The flood was not accepted: {answer.status_code} {answer.text}")

        begun = time.monotonic()
        await asyncio.gather(*(submit() for _ in range(FLOODING_CLIENTS)))
    _say(f"{flood.jobs} jobs accepted in {time.monotonic() - begun:.1f} s")


def _report(rows: list[tuple[Measured, Measured]], facts: list[str], *, samples: int) -> str:
    columns = [
        "flood",
        "alone p50",
        "p99",
        "beside p50",
        "p99",
        "worst",
        "p99 ratio",
        "queued p50",
        "p99",
        "flood left",
    ]
    cells = []
    for a, b in rows:
        times = [a.p50, a.p99, b.p50, b.p99, b.worst]
        ratio = f"{b.p99 / a.p99:.2f}"
        cells.append([b.name, *map(_ms, times), ratio, _ms(b.queued_p50), _ms(b.queued_p99), f"{b.left:,}"])
    head = f"`.venv/bin/python benchmarks/fairness.py`, {samples} jobs of the light tenant in each state"
    return "\n\n".join([head, "\n".join(f"- {fact}" for fact in facts), table(columns, cells)])


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
