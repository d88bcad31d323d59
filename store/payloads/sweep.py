"""Payloads that no job needs: left behind where a process died between writing one and saying so in Redis."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from itertools import islice

from store.payloads.doomed import Doomed
from store.payloads.names import NAME
from store.payloads.payloads import Found, Payloads

# Longer than any request takes from writing an input to admitting its job.
IDLE_SECONDS = 3600
_STEP = 500  # records read at once


def sweep(payloads: Payloads, doomed: Doomed, *, idle_seconds: float = IDLE_SECONDS) -> tuple[str, ...]:
    """Delete what was written longer ago than ``idle_seconds`` and is no living record's; the names.

    Raises BlobsUnavailable, RedisUnavailable. Safe beside everything else: a name is never used again.
    """
    old = time.time() - idle_seconds
    candidates = (found for found in payloads.list() if found.born <= old and NAME.fullmatch(found.name))
    gone: list[str] = []
    while step := list(islice(candidates, _STEP)):
        gone += [name for name in _unneeded(step, doomed) if payloads.delete(name)]
    return tuple(gone)


def _unneeded(step: Iterable[Found], doomed: Doomed) -> list[str]:
    names = [found.name for found in step]
    records = doomed.needed([name.partition(".")[0] for name in names])
    return [name for name, record in zip(names, records, strict=True) if not is_needed(name, record)]


def is_needed(name: str, record: Mapping[str, str]) -> bool:
    """Whether the owner, as its record says it stands, needs the payload.

    An input until the job has ended; an output as long as its fence is the record's: while the job still
    runs, its worker may be about to say that it is done. A batch's until the batch is forgotten.
    """
    found = NAME.fullmatch(name)
    if found is None or not record:
        return False
    state, fence = record.get("s"), record.get("f")
    match found["part"]:
        case "in":
            return state in ("queued", "running")
        case "out":
            return state in ("running", "succeeded") and found["detail"] == fence
        case _:
            return True
