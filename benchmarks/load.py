"""The load generator: wrk with a script that checks every answer, the same for whatever is measured."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = Path(__file__).parent / "post.lua"
ANSWER_SECONDS = 12  # longer than the engine is asked to wait, so that a late answer is seen as what it is


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What to POST where, and the text every answer's body has to hold."""

    name: str
    url: str
    body: str
    expected: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement."""

    requests_per_second: float
    p50_seconds: float
    p99_seconds: float
    answered: int


def wrk() -> str:
    """Where wrk is; ends the program with what to do when it isn't installed."""
    found = shutil.which("wrk")
    if found is None:
        sys.exit("The benchmarks need wrk, a load generator: apt-get install wrk")
    return found


def measure(endpoint: Endpoint, *, clients: int, seconds: float) -> Sample:
    """Keep that many clients busy for so long. Ends the program when a single answer is wrong or missing."""
    headers = "\n".join(f"{name}: {value}" for name, value in endpoint.headers.items())
    environment = {**os.environ, "BENCH_BODY": endpoint.body, "BENCH_EXPECTED": endpoint.expected}
    command = [wrk(), "-t1", f"-c{clients}", f"-d{seconds:g}s", f"--timeout={ANSWER_SECONDS}s", "-s", str(SCRIPT)]
    environment["BENCH_HEADERS"] = headers
    answer = subprocess.run([*command, endpoint.url], env=environment, capture_output=True, text=True, check=False)
    line = next((line for line in answer.stdout.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        sys.exit(f"wrk failed on {endpoint.name}:\n{answer.stdout}{answer.stderr}")
    found = json.loads(line.removeprefix("RESULT "))
    if found["wrong"] or found["broken"] or not found["answered"]:
        sys.exit(f"{endpoint.name} with {clients} clients did not answer as it has to: {found}")
    return Sample(
        requests_per_second=found["answered"] / found["seconds"],
        p50_seconds=found["p50_us"] / 1e6,
        p99_seconds=found["p99_us"] / 1e6,
        answered=found["answered"],
    )
