"""A page of the ledger: what ended in a while, on its way from Redis to the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

# What the scripts that end jobs call it (charge() in lua/common.lua) -> what the catalogue does.
COUNTED = {
    **{outcome: outcome for outcome in ("succeeded", "failed", "platform", "canceled", "expired")},
    "run": "run_us",
    "gpu": "gpu_us",
    "in": "input_bytes",
    "out": "output_bytes",
}


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """Whose jobs of which model ended on which day (UTC)."""

    day: date
    tenant_id: str
    model: str


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """For each line what is counted, by the names of COUNTED's values. An ``id`` is never given twice."""

    id: str
    lines: dict[Line, dict[str, int]] = field(default_factory=dict)
