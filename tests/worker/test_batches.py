"""How large a batch is, what outcomes become, and how a cancellation finds its job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from sandbox.contract import Bound, Bundle, Call, LoadFailure
from sandbox.outcome import SURVIVABLE, Outcome, OutcomeKind
from store.jobs.back import Claim, Head, Settlement
from worker.batch import MOST_CALLS, Pace, run_batch
from worker.running import Running
from worker.settlements import not_loaded, settlement


class Scripted:
    """A sandbox that ends each call as told; dead after an ending that is not survivable."""

    name = "scripted"

    def __init__(self, kinds: Sequence[OutcomeKind], *, wall_seconds: float = 0.0001, output: bytes = b"1") -> None:
        self.output = output
        self.kinds = list(kinds)
        self.wall_seconds = wall_seconds
        self.alive = True
        self.canceled = False

    def bind(self, bundle: Bundle) -> Bound | LoadFailure:
        """Always bound."""
        return Bound(load="plain", seconds=0.0)

    def run(self, calls: Sequence[Call]) -> Iterator[Outcome]:
        """The scripted endings, in order. Dead when it is abandoned before it ended, as the real one."""
        try:
            for call, scripted in zip(calls, self.kinds, strict=True):
                kind = "canceled" if self.canceled else scripted
                self.alive = kind in SURVIVABLE
                yield Outcome(
                    call_id=call.id, kind=kind, output=self.output, wall_seconds=self.wall_seconds, message="m"
                )
                if not self.alive:
                    return
        except GeneratorExit:
            self.alive = False
            raise

    def cancel(self) -> None:
        """The call in progress ends as canceled."""
        self.canceled = True

    def destroy(self) -> None:
        """Gone."""
        self.alive = False


def claims(count: int) -> list[Claim]:
    """That many claims."""
    return [Claim(job_id=f"job_{n}", fence=b"1", kind="json", payload=b"0", timeout_seconds=1) for n in range(count)]


def endings(settlements: Sequence[Settlement]) -> list[str]:
    """What each becomes."""
    return [s.ending for s in settlements]


def run(sandbox: Scripted, count: int, running: Running | None = None) -> tuple[list[str], list[str]]:
    """Endings returned at the end, and those flushed early."""
    flushed: list[Settlement] = []
    running = running or Running()
    left = run_batch(sandbox, claims(count), running=running, pace=Pace(), flush=flushed.extend)
    return endings(left), endings(flushed)


def test_neighbours_of_a_culprit_are_handed_back() -> None:
    """What was not started when the sandbox died is released, not failed."""
    left, _ = run(Scripted(["succeeded", "out_of_memory", "succeeded", "succeeded"]), 4)
    assert left == ["succeeded", "failed", "release", "release"]


def test_a_sandbox_survives_its_batch() -> None:
    """A batch that ended well leaves the sandbox bound and alive for the next one."""
    sandbox = Scripted(["succeeded", "succeeded"])
    run(sandbox, 2)
    assert sandbox.alive


def test_an_error_of_the_model_does_not_end_the_batch() -> None:
    """A survivable ending leaves the rest to run."""
    left, _ = run(Scripted(["model_error", "output_too_large", "succeeded"]), 3)
    assert left == ["failed", "failed", "succeeded"]


def test_a_platform_fault_is_tried_again() -> None:
    """Our own faults are never the job's end at the first attempt."""
    left, _ = run(Scripted(["platform", "succeeded"]), 2)
    assert left == ["retry", "release"]


def test_a_job_canceled_before_it_starts_is_killed_at_its_start() -> None:
    """A cancellation that overtakes its job is remembered."""
    running = Running()
    running.cancel("job_0")
    left, _ = run(Scripted(["succeeded", "succeeded"]), 2, running)
    assert left == ["release", "release"]


def test_a_run_that_is_lost_is_killed_and_no_other() -> None:
    """What is not ours to run any more ends at once; the next run of the same job is another one."""
    running, sandbox = Running(), Scripted([])
    (claim,) = claims(1)
    running.lost(Head(claim.job_id, claim.fence))
    running.start(claim, sandbox)
    assert running.head == Head(claim.job_id, claim.fence)
    running.lost(Head(claim.job_id, b"0"))
    running.lost(Head("job_of_another", claim.fence))
    assert not sandbox.canceled
    running.lost(Head(claim.job_id, claim.fence))
    assert sandbox.canceled
    running.clear()
    assert running.head is None


def test_slow_results_are_written_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a batch takes longer than it should, finished results don't wait for their neighbours."""
    ticks = iter(range(100))
    monkeypatch.setattr("worker.batch.time.monotonic", lambda: next(ticks))
    left, flushed = run(Scripted(["succeeded"] * 3, wall_seconds=1.0), 3)
    assert flushed == ["succeeded", "succeeded"]
    assert left == ["succeeded"]


def test_large_results_are_written_one_by_one() -> None:
    """Outputs that together are large don't pile up into one giant write."""
    left, flushed = run(Scripted(["succeeded"] * 3, output=b"x" * 2_000_000), 3)
    assert flushed == ["succeeded", "succeeded"]
    assert left == ["succeeded"]


def test_batches_shrink_for_slow_models_and_grow_for_fast_ones() -> None:
    """One call while nothing is known, one for slow models, the most for fast ones."""
    pace = Pace()
    assert pace.batch() == 1
    pace.note(0.00001)
    assert pace.batch() == MOST_CALLS
    for _ in range(50):
        pace.note(2.0)
    assert pace.batch() == 1


def test_an_outcome_keeps_what_the_tenant_may_see() -> None:
    """Type, message, traceback, signal and logs of a failure arrive in the record."""
    outcome = Outcome("job_0", "crashed", message="died", traceback="tb", logs="hi", signal=11, wall_seconds=0.5)
    written = settlement(claims(1)[0], outcome)
    assert (written.ending, written.error_type, written.error_message) == ("failed", "crashed", "died")
    assert (written.error_traceback, written.error_signal, written.logs) == ("tb", 11, "hi")
    assert written.predict_seconds == 0.5


def test_a_version_that_stopped_loading_fails_its_jobs_with_the_reason() -> None:
    """A load failure is the tenant's, unless the platform caused it."""
    claim = claims(1)[0]
    failed = not_loaded(claim, LoadFailure(kind="load_error", message="m", traceback="tb"))
    assert (failed.ending, failed.error_type, failed.error_traceback) == ("failed", "load_error", "tb")
    assert not_loaded(claim, LoadFailure(kind="platform", message="m")).ending == "retry"
