"""RateLimit-Policy and RateLimit: how much of its quotas a tenant has left, in the words of the IETF draft.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/11/ : both are lists of structured fields,
one item a policy; a policy has the name of its quota. What these fields say costs no further question: it is part
of the answer to every admission.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from policies.quotas import Quotas
from store.jobs.records import Standing

RATE, DEPTH, BATCHES = "requests_per_minute", "queued_jobs", "batches"
POLICY_HEADER, LIMIT_HEADER = "ratelimit-policy", "ratelimit"
MAXIMUM = 999_999_999_999_999  # the largest integer of a structured field (RFC 9651, 3.3.1)

# Bursts are a tenth of a minute's worth, so that what is left is never close to the whole of `q`.
_ALWAYS = {RATE: ";w=60", DEPTH: ';qu="concurrent-requests"'}
_IF_ASKED = {
    BATCHES: ';qu="concurrent-requests"',
    "queued_bytes": ';qu="content-bytes"',
    "kept_bytes": ';qu="content-bytes"',
    "run_seconds_per_month": ';w=2592000;qu="cloche-seconds"',
    "gpu_seconds_per_month": ';w=2592000;qu="cloche-seconds"',
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A quota that is used up: which, and for how long at the least."""

    policy: str
    seconds: int


def policies(quotas: Quotas, *, also: str = "") -> str:
    """RateLimit-Policy: rate and depth, and another one that the answer is about."""
    shown = _ALWAYS | {name: rest for name, rest in _IF_ASKED.items() if name == also}
    return ", ".join(f'"{name}";q={min(getattr(quotas, name), MAXIMUM)}{rest}' for name, rest in shown.items())


def limits(standing: Standing) -> str:
    """RateLimit: what is left, for an answer that refuses nothing."""
    seconds = max(1, math.ceil(standing.next_seconds))
    items = [f'"{RATE}";r={min(standing.jobs, MAXIMUM)};t={seconds}', f'"{DEPTH}";r={min(standing.queue, MAXIMUM)}']
    if standing.batches is not None:
        items.append(f'"{BATCHES}";r={min(standing.batches, MAXIMUM)}')
    return ", ".join(items)


def used_up(standing: Standing | None, violation: Violation) -> str:
    """RateLimit of an answer that refuses: nothing is left of one policy, and what is of the others."""
    items = {violation.policy: f'"{violation.policy}";r=0;t={violation.seconds}'}
    if standing is not None:
        for item in limits(standing).split(", "):
            items.setdefault(item.partition(";")[0].strip('"'), item)
    return ", ".join(items.values())


def seconds_to_next_month(now_ms: int) -> int:
    """From this moment to the first second of the next calendar month in UTC, rounded up."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    first = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return max(1, math.ceil((first - now).total_seconds()))
