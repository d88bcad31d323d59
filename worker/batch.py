"""Running a batch of claims in one sandbox, and how large the next one should be."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sandbox.contract import Call, Sandbox
from sandbox.outcome import SURVIVABLE
from store.jobs.back import Claim, Settlement
from worker.printing import Printing
from worker.running import Running
from worker.settlements import settlement

MOST_CALLS = 32  # more gains nothing: a round trip to Redis is then 1 % of the batch
TARGET_SECONDS = 0.005  # a batch should take about this long, so that nobody's result waits for a neighbour's
MOST_BYTES = 1_048_576  # of outputs written in one step: Redis serves nobody else meanwhile
_WEIGHT = 0.2  # of the newest call in the running mean


class Pace:
    """A running mean of a version's call time, and the batch size that follows from it."""

    def __init__(self) -> None:
        self.seconds: float | None = None

    def note(self, seconds: float) -> None:
        """Count one call."""
        self.seconds = seconds if self.seconds is None else self.seconds + _WEIGHT * (seconds - self.seconds)

    def batch(self) -> int:
        """How many calls to claim next: one while nothing is known."""
        if self.seconds is None:
            return 1
        return max(1, min(MOST_CALLS, int(TARGET_SECONDS / max(self.seconds, 1e-6))))


def run_batch(
    sandbox: Sandbox,
    claims: Sequence[Claim],
    *,
    running: Running,
    pace: Pace,
    flush: Callable[[list[Settlement]], None],
    printing: Printing | None = None,
    gpus: int = 0,
    keep: Callable[[Settlement], Settlement] = lambda settlement: settlement,
) -> list[Settlement]:
    """Run the claims in order; what is returned is not yet written.

    Results that would wait for a slow neighbour, and large ones, are written early through ``flush``. Claims that were
    not started because the sandbox died before are handed back. ``gpus`` is how many GPUs the sandbox has, ``keep``
    puts a large output where it belongs.
    """
    done: list[Settlement] = []
    started = time.monotonic()
    calls = [_call(claim, printing) for claim in claims]
    ended, held_bytes = 0, 0
    running.start(claims[0], sandbox)
    try:
        for outcome in sandbox.run(calls):
            done.append(keep(settlement(claims[ended], outcome, gpus=gpus)))
            pace.note(outcome.wall_seconds)
            ended += 1
            # The iterator is left to end by itself: one that is abandoned takes its sandbox with it.
            if outcome.kind not in SURVIVABLE or ended == len(claims):
                continue
            running.start(claims[ended], sandbox)
            held_bytes += len(done[-1].output)
            if held_bytes > MOST_BYTES or time.monotonic() - started > TARGET_SECONDS:
                flush(done)
                done, held_bytes, started = [], 0, time.monotonic()
    finally:
        running.clear()
    return done + [Settlement(claim=c, ending="release") for c in claims[ended:]]


def _call(claim: Claim, printing: Printing | None) -> Call:
    told = None if printing is None else printing.of(claim)
    return Call(claim.job_id, claim.kind, claim.payload, claim.timeout_seconds, told)
