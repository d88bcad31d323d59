"""What a webhook endpoint can ask to be told of, and how a set of it fits into one small number.

The job store holds the number of a tenant's endpoints, so that the script that ends a job knows without a look-up
whether anybody listens (``store/jobs/lua/common.lua`` holds the same bits; a test compares them).
"""

from __future__ import annotations

from collections.abc import Iterable

EVERYTHING = "*"

EVENT_BITS: dict[str, int] = {
    "job.started": 1,
    "job.succeeded": 2,
    "job.failed": 4,
    "job.canceled": 8,
    "job.expired": 16,
    "batch.completed": 32,
}
EVENTS: tuple[str, ...] = tuple(EVENT_BITS)


def mask_of(events: Iterable[str]) -> int:
    """The bits of the events; ``*`` is every event there is, an unknown one is none."""
    mask = 0
    for event in events:
        mask |= sum(EVENT_BITS.values()) if event == EVERYTHING else EVENT_BITS.get(event, 0)
    return mask


def asks_for(events: Iterable[str], event: str) -> bool:
    """Whether a filter lets the event through."""
    return any(asked in (event, EVERYTHING) for asked in events)
