"""The check in a process of its own: hostile source is never parsed by whoever serves requests."""

from __future__ import annotations

import json

from policies.allowlist.entries import NONE, Allowances
from policies.check import verdict_of
from policies.checker import CHECKER
from policies.child import write_allowances
from policies.rules.finished import Finished
from policies.rules.size import Size
from policies.verdict import Verdict


def check_isolated(source: bytes, *, timeout_seconds: float = 10.0, allowances: Allowances = NONE) -> Verdict:
    """The same verdict as ``policies.check.check``, made by a process with CPU, memory and stack limits.

    Content can't make it raise: a check that crashes, runs out of something or takes longer than
    ``timeout_seconds`` is a refusal of its own (CL009). Safe from any thread; blocks until the check ended,
    so an event loop calls it in a thread. Raises OSError when the machine can't start a process at all.
    """
    findings = list(Size().of_bytes(source))
    if findings:
        return verdict_of(source, findings)
    try:
        answer = CHECKER.ask(write_allowances(allowances) + source, timeout_seconds=timeout_seconds)
        return Verdict.from_dict(json.loads(answer))
    except TimeoutError:
        return verdict_of(source, [Finished().timed_out(timeout_seconds)])
    except ValueError:  # no verdict, or half of one
        return verdict_of(source, [Finished().died()])
