"""The whole engine beside a bare endpoint, with an echo model: what isolation, durability and fairness cost.

    .venv/bin/python benchmarks/run.py            # about four minutes; writes benchmarks/README.md
    .venv/bin/python benchmarks/run.py --quick    # shorter, and nothing is written

Both are driven in the same run by the same load generator, in turns; every answer is checked; medians of
three rounds are shown.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from bare import serving
from load import Endpoint, Sample, measure, wrk
from machine import describe
from private_engine import Engine, running
from tables import table, write

CLIENTS = (1, 16, 64)
ROUNDS = 3
SECONDS = 5.0
WARM_SECONDS = 2.0
FIRST_ANSWERS = 5
INPUT = '{"pixels":[0,0,5,13,9,1,0,0],"name":"a digit"}'
BUSY = 0.5  # load average before the run from which others disturb it
SAMPLED = 200  # answers compared whole, besides wrk's look at every one

TARGET_RATIO = 0.25  # requests/s at 64 clients, engine to bare
TARGET_SLOWER = 16.0  # p50 at one client, engine to bare


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides at one number of clients."""

    clients: int
    bare: Sample
    engine: Sample


def main() -> None:
    """Measure, print, write; exit status 1 when a target was missed."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]  # there is one
    arguments.add_argument("--quick", action="store_true", help="one short round; nothing is written")
    quick = arguments.parse_args().quick
    wrk()
    begun = time.monotonic()
    load = os.getloadavg()[0]
    if load > BUSY:
        _say(f"This machine is busy (load {load:.1f}): what is measured now is its other work as well.")
    with serving() as bare_url, running() as engine:
        compared = _throughput(bare_url, engine, rounds=1 if quick else ROUNDS, seconds=2.0 if quick else SECONDS)
        synced = engine.synced_write_seconds()
        count = 2 if quick else FIRST_ANSWERS
        waiting = _first_answers(engine, count=count)
    with running(CLOCHE_BLANKS="0") as engine:
        without = _first_answers(engine, count=count)
    facts = [
        *describe(),
        f"load average before the run {load:.1f}; one write to Redis, on disk before the answer: {_ms(synced)}",
        f"the run took {time.monotonic() - begun:,.0f} s",
    ]
    text = _report(compared, facts, waiting=waiting, without=without)
    print(text)
    if not quick:
        write("engine", text)
    sys.exit(0 if _targets_met(compared) else 1)


def _throughput(bare_url: str, engine: Engine, *, rounds: int, seconds: float) -> list[Compared]:
    engine.upload_echo("echo")
    engine.settle()
    bare = Endpoint("the bare endpoint", bare_url, INPUT, INPUT, {"Content-Type": "application/json"})
    whole = _endpoint(engine)
    _compare_bodies(engine)
    for endpoint in (bare, whole):
        measure(endpoint, clients=max(CLIENTS), seconds=WARM_SECONDS)
    samples: dict[tuple[int, str], list[Sample]] = {}
    for round_number in range(rounds):
        for clients in CLIENTS:
            for endpoint in (bare, whole) if round_number % 2 == 0 else (whole, bare):
                sample = measure(endpoint, clients=clients, seconds=seconds)
                samples.setdefault((clients, endpoint.name), []).append(sample)
                _say(f"{endpoint.name}, {clients} clients: {sample.requests_per_second:,.0f}/s")
    return [
        Compared(clients, bare=_median(samples[clients, bare.name]), engine=_median(samples[clients, whole.name]))
        for clients in CLIENTS
    ]


def _endpoint(engine: Engine) -> Endpoint:
    headers = {"Content-Type": "application/json", "Prefer": "wait=10", "Authorization": f"Bearer {engine.key}"}
    url = f"{engine.url}/v1/models/echo/jobs"
    return Endpoint("the engine", url, f'{{"input":{INPUT}}}', f'"status":"succeeded","output":{INPUT}', headers)


def _compare_bodies(engine: Engine) -> None:
    """Different inputs, each answer compared whole: nobody gets another's."""
    with engine.client() as client:
        for number in range(SAMPLED):
            value = {"number": number, "text": f"\u00e9\u4e2d {number}"}
            answer = client.post("/v1/models/echo/jobs", json={"input": value}, headers={"Prefer": "wait=10"})
            if answer.status_code != 200 or answer.json()["output"] != value:
                sys.exit(f"The engine did not echo: {answer.status_code} {answer.text}")


def _first_answers(engine: Engine, *, count: int) -> float:
    """From a ready version to its first answer, the median of several models.

    The engine is restarted in between: the sandbox that checked a version may still be warm, and would answer.
    """
    names = [f"first {number}" for number in range(count)]
    for name in names:
        engine.upload_echo(name)
    engine.restart()
    return statistics.median(_first_answer(engine, name) for name in names)


def _first_answer(engine: Engine, name: str) -> float:
    engine.settle()
    with engine.client() as client:
        client.get("/healthz")  # the connection is not what is measured
        begun = time.perf_counter()
        answer = client.post(f"/v1/models/{name}/jobs", json={"input": 1}, headers={"Prefer": "wait=30"})
        seconds = time.perf_counter() - begun
    if answer.status_code != 200 or answer.json()["output"] != 1:
        sys.exit(f"No first answer: {answer.status_code} {answer.text}")
    _say(f"first answer after {seconds * 1000:,.0f} ms")
    return seconds


def _median(samples: list[Sample]) -> Sample:
    def middle(of: Callable[[Sample], float]) -> float:
        return statistics.median(of(sample) for sample in samples)

    return Sample(
        requests_per_second=middle(lambda s: s.requests_per_second),
        p50_seconds=middle(lambda s: s.p50_seconds),
        p99_seconds=middle(lambda s: s.p99_seconds),
        answered=sum(sample.answered for sample in samples),
    )


def _report(compared: list[Compared], facts: list[str], *, waiting: float, without: float) -> str:
    columns = ["clients", "bare requests/s", "engine requests/s", "ratio", "bare p50", "engine p50", "ratio",
               "engine p99"]  # fmt: skip
    firsts = [["a blank sandbox waiting", _ms(waiting)], ["none (`CLOCHE_BLANKS=0`)", _ms(without)]]
    answered = sum(each.engine.answered for each in compared)
    return "\n\n".join(
        [
            "`make bench` (`.venv/bin/python benchmarks/run.py`)",
            "\n".join(f"- {fact}" for fact in facts),
            table(columns, [_row(each) for each in compared]),
            f"Every one of the engine's {answered:,} answers was a 200 with the echoed input.",
            table(["from a ready version to its first answer", "median"], firsts),
        ]
    )


def _row(each: Compared) -> list[str]:
    bare, engine = each.bare, each.engine
    return [
        str(each.clients),
        f"{bare.requests_per_second:,.0f}",
        f"{engine.requests_per_second:,.0f}",
        f"{engine.requests_per_second / bare.requests_per_second:.2f}",
        _ms(bare.p50_seconds),
        _ms(engine.p50_seconds),
        f"{engine.p50_seconds / bare.p50_seconds:.1f} x",
        _ms(engine.p99_seconds),
    ]


def _targets_met(compared: list[Compared]) -> bool:
    one, many = compared[0], compared[-1]
    ratio = many.engine.requests_per_second / many.bare.requests_per_second
    slower = one.engine.p50_seconds / one.bare.p50_seconds
    _say(f"ratio at {many.clients} clients {ratio:.3f} (target {TARGET_RATIO})")
    _say(f"p50 at one client {slower:.1f} x (at most {TARGET_SLOWER:g})")
    return ratio >= TARGET_RATIO and slower <= TARGET_SLOWER


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:,.2f} ms" if milliseconds < 100 else f"{milliseconds:,.0f} ms"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except (httpx.HTTPError, TimeoutError) as exc:
        sys.exit(f"The benchmark broke off: {exc}")
