"""One attack from binding to the neighbour's next job."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from typing import Any

import torch

from sandbox.contract import Bundle, LoadFailure, Sandbox
from sandbox.outcome import Outcome
from sandbox.pool import Pool
from tests.attacks.declared import Attack
from tests.sandbox.real import SMALL, Models, ask, call


@dataclass(frozen=True)
class Stage:
    """What an attack finds around itself: files of its own, a neighbour, an open abstract socket of the host."""

    models: Models
    neighbour: Bundle
    abstract_socket: str


def play(attack: Attack, pool: Pool, stage: Stage) -> None:
    """Run it; everything that is promised is asserted."""
    weights = {"w": torch.zeros(1024)} if "self.w" in attack.source else {}
    bundle = stage.models.version(attack.source, weights)
    before = (bundle.source.read_bytes(), bundle.weights.read_bytes(), _open_descriptors())
    with pool.lease(bundle) as lease:
        if attack.load:
            assert_load_failure(attack, lease.failure)
        else:
            assert lease.failure is None, lease.failure
            time.sleep(attack.wait)
            assert_outcomes(attack, _run(attack, lease.sandbox, stage.abstract_socket))
    pool.evict(bundle.version_id)
    assert (bundle.source.read_bytes(), bundle.weights.read_bytes()) == before[:2]
    with pool.lease(stage.neighbour) as lease:
        outcome = ask(lease.sandbox, "good")
    assert (outcome.kind, outcome.output) == ("succeeded", b'"good"')
    assert _open_descriptors() < before[2] + 40


def _run(attack: Attack, sandbox: Sandbox, abstract_socket: str) -> list[Outcome]:
    value: Any = {"abstract": [abstract_socket]}
    if attack.input_bytes:
        value["ballast"] = "x" * attack.input_bytes
    heard: list[list[str]] = [[] for _ in range(attack.calls)]
    calls = [replace(call(value, timeout_seconds=attack.timeout), on_printed=told.append) for told in heard]
    outcomes = list(sandbox.run(calls))
    for told in heard:  # while it ran: no more than is kept of it in the end, and nothing that can't be sent on
        assert len("".join(told).encode()) <= SMALL.log_bytes
    assert [outcome.call_id for outcome in outcomes] == [one.id for one in calls[: len(outcomes)]]
    return outcomes


def assert_outcomes(attack: Attack, outcomes: list[Outcome]) -> None:
    """Kind, output, message and signal are the declared ones; nothing is unbounded."""
    first = outcomes[0]
    assert first.kind in _listed(attack.expect), first
    assert first.output_kind == attack.output_kind
    if attack.states_output and first.kind == "succeeded":
        assert json.loads(first.output) == attack.output
    assert attack.message in first.message, first
    assert attack.signal is None or first.signal == attack.signal, first
    assert not attack.truncated or first.logs_truncated
    if attack.then:
        then = attack.then if isinstance(attack.then, list) else [attack.then] * (attack.calls - 1)
        assert [outcome.kind for outcome in outcomes[1:]] == then
    for outcome in outcomes:
        assert_bounded(outcome)


def assert_load_failure(attack: Attack, failure: LoadFailure | None) -> None:
    """It failed to load in the declared way."""
    assert failure is not None
    assert failure.kind in _listed(attack.load), failure
    assert len(failure.logs.encode()) <= SMALL.log_bytes + 3
    assert len(failure.message) <= 2_100
    assert len(failure.traceback) <= 17_000
    assert "sandbox/runner" not in failure.traceback  # the logs may hold a crash report, which names every frame


def assert_bounded(outcome: Outcome) -> None:
    """What is kept of an outcome is bounded, whatever the model did; the host's paths are not in it."""
    assert len(outcome.output) <= SMALL.output_bytes
    assert len(outcome.logs.encode()) <= SMALL.log_bytes + 3  # half a character at the end becomes a whole one
    assert len(outcome.message) <= 2_100
    assert len(outcome.traceback) <= 17_000
    assert "serve.py" not in outcome.traceback


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
