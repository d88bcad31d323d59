"""Large inputs and outputs on their way between the blob store and a sandbox."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from store.errors import DiskFull, PayloadUnknown, StoreError, Unavailable
from store.jobs.back import Claim, Settlement
from store.payloads import Payloads, output_name

log = structlog.get_logger()

WRITE_TRIES = 3
PAUSE_SECONDS = 0.5
INPUT_GONE = "The job's input is not in the blob store."
OUTPUT_NOT_KEPT = "The job's output could not be written to the blob store."


@dataclass(frozen=True, slots=True)
class Fetched:
    """Claims that can be run now, and what is to be written of the others. ``fault``: why a blob can't be had."""

    claims: tuple[Claim, ...]
    outcomes: list[Settlement] = field(default_factory=list)
    fault: StoreError | None = None


def fetch(payloads: Payloads, claims: Sequence[Claim]) -> Fetched:
    """Bring the inputs that are in the blob store.

    While the blob store is away its jobs are handed back as never started. An input that isn't there is our
    fault too, and counts as an attempt: it may come back with a store that was restored, and may not.
    """
    ready: list[Claim] = []
    outcomes: list[Settlement] = []
    fault: StoreError | None = None
    for claim in claims:
        try:
            ready.append(_with_input(payloads, claim))
        except PayloadUnknown as exc:
            log.warning("input_missing", job_id=claim.job_id, payload=exc.name)
            outcomes.append(Settlement(claim, "retry", error_message=INPUT_GONE))
        except Unavailable as exc:
            fault = exc
            outcomes.append(Settlement(claim, "release"))
    return Fetched(tuple(ready), outcomes, fault)


def _with_input(payloads: Payloads, claim: Claim) -> Claim:
    if claim.stored is None:
        return claim
    return replace(claim, payload=payloads.read(claim.stored.name), stored=None)


def keep(payloads: Payloads, settlement: Settlement, *, inline_bytes: int, stop: threading.Event) -> Settlement:
    """The same, with a large output written to the blob store before anybody is told that the job succeeded.

    When that can't be done, the platform has failed: the job is tried again.
    """
    if settlement.ending != "succeeded" or len(settlement.output) <= inline_bytes:
        return settlement
    claim = settlement.claim
    name = output_name(claim.job_id, int(claim.fence))
    for tries in range(1, WRITE_TRIES + 1):
        try:
            payloads.write(name, settlement.output)
            return replace(settlement, output=b"", output_bytes=len(settlement.output))
        except Unavailable as exc:
            log.warning("output_not_kept", job_id=claim.job_id, code=exc.code, tries=tries)
            if tries == WRITE_TRIES or isinstance(exc, DiskFull) or stop.wait(PAUSE_SECONDS):
                break
    return Settlement(claim, "retry", error_message=OUTPUT_NOT_KEPT)
