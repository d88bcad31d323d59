"""Why a job is not admitted, as problems: 429 with the quota that is used up, when to come back, and what is left."""

from __future__ import annotations

import math

from api.auth import Principal
from api.errors import Problem
from api.gpus import no_worker
from api.pressure import engine_full
from api.ratelimits import (
    BATCHES,
    DEPTH,
    LIMIT_HEADER,
    POLICY_HEADER,
    RATE,
    Violation,
    policies,
    seconds_to_next_month,
    used_up,
)
from store.batches.desk import Rejected
from store.jobs.records import Refused, Standing

QUEUE_SECONDS = 1  # a place in the queue is free again as soon as any job ends
BATCH_SECONDS = 10  # where it isn't known when the next batch ends
LONGEST_SECONDS = 3600  # that anybody is told to wait for the end of what is under way
KEPT_SECONDS = 60  # where it isn't known when the next result expires

NEVER_SECONDS = 60  # a quota of nothing: only the operator can help, so asking again soon doesn't
MAY_NOT = "This tenant may not run jobs; ask the operator."
MAY_NOT_BATCH = "This tenant may not open batches; ask the operator."


def refusal(refused: Refused, principal: Principal, *, kept_seconds: int | None = None) -> Problem:
    """The problem behind what the job store said. ``kept_seconds``: until the next result is forgotten."""
    match refused.why:
        case "engine_full":
            return engine_full(refused.found)
        case "no_gpu_worker":
            return no_worker()
        case "idempotency_mismatch":
            detail = "This Idempotency-Key was used with another request; use a new key for a new job."
            return Problem("idempotency_mismatch", detail)
        case "run_seconds" | "gpu_seconds":
            return _month_over(refused, principal)
        case _:
            return _quota_over(refused, principal, kept_seconds=kept_seconds or KEPT_SECONDS)


def _quota_over(refused: Refused, principal: Principal, *, kept_seconds: int) -> Problem:
    quotas, standing, found = principal.quotas, refused.standing, refused.found
    match refused.why:
        case "rate":
            seconds = max(1, math.ceil(found / 1e6))
            detail = f"At most {quotas.requests_per_minute:,} jobs a minute are taken from this tenant."
            return _over("rate_limited", detail, Violation(RATE, seconds), principal, standing)
        case "queued_bytes":
            detail = (
                f"Jobs of this tenant that have not ended hold {found:,} of {quotas.queued_bytes:,} bytes of input; "
                "let some finish, or cancel them."
            )
            violation = Violation("queued_bytes", QUEUE_SECONDS)
            return _over("queued_bytes_full", detail, violation, principal, standing, used=found)
        case "kept_bytes":
            detail = (
                f"Ended jobs of this tenant keep {found:,} of {quotas.kept_bytes:,} bytes; they are forgotten "
                f"{quotas.result_seconds:,} seconds after their end. Return less, or ask the operator."
            )
            violation = Violation("kept_bytes", kept_seconds)
            return _over("kept_bytes_full", detail, violation, principal, standing, used=found)
        case _ if quotas.queued_jobs < 1:
            return _over("queue_full", MAY_NOT, Violation(DEPTH, NEVER_SECONDS), principal, standing)
        case _:
            detail = f"{quotas.queued_jobs:,} jobs of this tenant wait already; let some finish, or cancel them."
            return _over("queue_full", detail, Violation(DEPTH, QUEUE_SECONDS), principal, standing)


def batches_full(rejected: Rejected, principal: Principal, *, ends_in: int | None) -> Problem:
    """The answer while as many batches are open as may be. ``ends_in``: seconds until one is likely to have ended."""
    limit, standing = principal.quotas.batches, rejected.standing
    if limit < 1:
        return _over("batches_full", MAY_NOT_BATCH, Violation(BATCHES, NEVER_SECONDS), principal, standing, used=0)
    detail = f"{rejected.found} of {limit} batches of this tenant are open; let one finish, or cancel it."
    seconds = max(1, min(ends_in if ends_in is not None else BATCH_SECONDS, LONGEST_SECONDS))
    return _over("batches_full", detail, Violation(BATCHES, seconds), principal, standing, used=rejected.found)


def never_fits(limit_bytes: int) -> Problem:
    """The answer to an input that would not even fit an empty queue."""
    detail = f"All inputs of this tenant together may have {limit_bytes:,} bytes; this one alone has more."
    return Problem("input_over_queued_bytes", detail, limit_bytes=limit_bytes)


def no_rate(principal: Principal) -> Problem:
    """The answer to a tenant whose rate is nothing."""
    return _over("rate_limited", MAY_NOT, Violation(RATE, NEVER_SECONDS), principal)


def _month_over(refused: Refused, principal: Principal) -> Problem:
    what = "run" if refused.why == "run_seconds" else "GPU"
    quota = f"{refused.why}_per_month"
    violation = Violation(quota, seconds_to_next_month(refused.found))
    limit = getattr(principal.quotas, quota)
    detail = f"The {limit:,} {what} seconds of this calendar month (UTC) are used up; ask the operator for more."
    return _over(f"quota_{refused.why}", detail, violation, principal, refused.standing)


def _over(
    code: str,
    detail: str,
    violation: Violation,
    principal: Principal,
    standing: Standing | None = None,
    **extension: int,
) -> Problem:
    quotas = principal.quotas
    headers = {
        "retry-after": str(violation.seconds),
        POLICY_HEADER: policies(quotas, also=violation.policy),
        LIMIT_HEADER: used_up(standing, violation),
    }
    extension |= {"limit": getattr(quotas, violation.policy)}
    return Problem(code, detail, headers=headers, **extension, **{"violated-policies": [violation.policy]})
