"""What a check of the policy costs: one ordinary file of 200 lines, its child process included.

    .venv/bin/python -m benchmarks.policy

Prints a table and writes it into this folder's README. Beside the check stand a bare ``ast.parse`` of the same
file, and the same check by a fresh interpreter each time.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import RestrictedPython

from benchmarks import tables
from policies.check import check
from policies.checker import CHECKER
from policies.isolated import check_isolated

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "tests" / "policies" / "corpus" / "benign" / "speech_recogniser.py"
STEADY = 300  # checks of the process that waits
FRESH = 15  # starts of an interpreter

_SCRIPT = """import sys
sys.path[:0] = {paths!r}
from policies.check import check
assert check(sys.stdin.buffer.read()).accepted
"""


def main() -> None:
    """Measure, print, write."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    load = os.getloadavg()
    source = MODEL.read_bytes()
    assert check_isolated(source).accepted, "the file that is measured is an ordinary one"
    rows = [
        ("`ast.parse` alone", _times(lambda: ast.parse(source), STEADY)),
        ("the rules, in this process", _times(lambda: check(source), STEADY // 3)),
        ("**a check, child process included**", _times(lambda: check_isolated(source), STEADY)),
        ("the first check, which starts the waiting process", _times(lambda: _first(source), FRESH)),
        ("a fresh interpreter for the check", _times(lambda: _fresh(source), FRESH)),
    ]
    lines = source.count(b"\n")
    text = "\n".join(
        [
            tables.table(["ms", "median", "p95", "runs"], [_row(name, seconds) for name, seconds in rows]),
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load average {load[0]:.1f} (1 min) "
            f"{load[1]:.1f} (5 min) before the run, Linux {platform.release()}, Python {platform.python_version()}; "
            f"`{MODEL.name}`, {lines} lines, {len(source)} bytes.",
        ]
    )
    print(text)
    tables.write("policy", text)


def _times(run: Callable[[], object], rounds: int) -> list[float]:
    run()  # what is read from disk once is not what is measured
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        found.append(time.perf_counter() - started)
    return found


def _row(name: str, seconds: list[float]) -> list[str]:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return [name, f"{1000 * statistics.median(ordered):.2f}", f"{1000 * p95:.2f}", str(len(ordered))]


def _first(source: bytes) -> None:
    CHECKER.close()
    assert check_isolated(source).accepted


def _fresh(source: bytes) -> None:
    paths = [str(ROOT), str(Path(RestrictedPython.__file__).resolve().parent.parent)]
    command = [sys.executable, "-I", "-S", "-c", _SCRIPT.format(paths=paths)]
    subprocess.run(command, input=source, env={}, check=True)


if __name__ == "__main__":
    main()
