"""The check in a child process: hostile source is never parsed by whoever serves requests."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from functools import cache
from pathlib import Path

from policies.allowlist.entries import NONE, Allowances
from policies.check import verdict_of
from policies.child import write_allowances
from policies.rules.finished import Finished
from policies.rules.size import Size
from policies.verdict import Verdict

_START = "import sys; sys.path[:0] = {paths!r}; from policies.child import main; main({cpu_seconds})"


def check_isolated(source: bytes, *, timeout_seconds: float = 10.0, allowances: Allowances = NONE) -> Verdict:
    """The same verdict as ``policies.check.check``, made by a child with CPU, memory and stack limits.

    Content can't make it raise: a check that crashes, runs out of something or takes longer than
    ``timeout_seconds`` is a refusal of its own (CL009). Safe from any thread; blocks until the child ended,
    so an event loop calls it in a thread. Raises OSError when no process can be started at all.
    """
    findings = list(Size().of_bytes(source))
    if findings:
        return verdict_of(source, findings)
    try:
        child = subprocess.run(
            _command(max(1, math.ceil(timeout_seconds))),
            check=False,
            input=write_allowances(allowances) + source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_seconds,
            env={},
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        return verdict_of(source, [Finished().timed_out(timeout_seconds)])
    if child.returncode != 0:
        return verdict_of(source, [Finished().died(child.returncode)])
    return Verdict.from_dict(json.loads(child.stdout))


@cache
def _command(cpu_seconds: int) -> list[str]:
    """An interpreter without site, environment and current folder; it sees this package and one other."""
    script = _START.format(paths=_search_path(), cpu_seconds=cpu_seconds)
    return [sys.executable, "-I", "-S", "-c", script]


def _search_path() -> list[str]:
    import RestrictedPython

    here = Path(__file__).resolve().parent.parent
    there = Path(RestrictedPython.__file__).resolve().parent.parent
    return [str(here), str(there)]
