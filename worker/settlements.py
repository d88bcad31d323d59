"""From a sandbox's outcome to what is written in the job's record."""

from __future__ import annotations

from sandbox.contract import LoadFailure
from sandbox.outcome import Outcome
from store.jobs.back import Claim, Settlement


def settlement(claim: Claim, outcome: Outcome, *, gpus: int = 0) -> Settlement:
    """What the outcome means for the job.

    "platform" is tried again elsewhere. "canceled" is handed back: if the tenant canceled the job, its
    record already says so and refuses this; if the kill was meant for another, the job is innocent.
    """
    if outcome.kind == "canceled":
        return Settlement(claim=claim, ending="release")
    if outcome.kind == "platform":
        return Settlement(claim=claim, ending="retry", error_message=outcome.message)
    succeeded = outcome.kind == "succeeded"
    return Settlement(
        claim=claim,
        ending="succeeded" if succeeded else "failed",
        predict_seconds=outcome.wall_seconds,
        output_kind=outcome.output_kind,
        output=outcome.output,
        error_type="" if succeeded else outcome.kind,
        error_message=outcome.message,
        error_traceback=outcome.traceback,
        error_signal=outcome.signal,
        logs=outcome.logs,
        logs_truncated=outcome.logs_truncated,
        gpus=gpus,
    )


def not_loaded(claim: Claim, failure: LoadFailure) -> Settlement:
    """The version could be loaded at upload and can't be now: the job fails with the reason."""
    if failure.kind == "platform":
        return Settlement(claim=claim, ending="retry", error_message=failure.message)
    return Settlement(
        claim=claim,
        ending="failed",
        error_type=failure.kind,
        error_message=failure.message,
        error_traceback=failure.traceback,
        logs=failure.logs,
    )


def not_served(claim: Claim, why: str) -> Settlement:
    """The version was deleted or refused after the job was accepted."""
    return Settlement(claim=claim, ending="failed", error_type="model_unavailable", error_message=why)
