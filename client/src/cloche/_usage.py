"""What a tenant's jobs used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class UsageTotals:
    """What ended jobs used. ``jobs`` counts them by their end.

    That is: succeeded, failed (the model's doing), platform (the engine's), canceled, expired.
    """

    jobs: Mapping[str, int]
    run_seconds: float
    gpu_seconds: float
    input_bytes: int
    output_bytes: int

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """As the API sends it."""
        return cls(**_totals(data))


@dataclass(frozen=True, slots=True)
class UsageDay(UsageTotals):
    """What one model's jobs used that ended on one day (UTC)."""

    date: date
    model: str

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """As the API sends it."""
        return cls(**_totals(data), date=date.fromisoformat(data["date"]), model=data["model"])


@dataclass(frozen=True, slots=True)
class Usage:
    """From the first to the last day, both included: each day's models, and everything together."""

    first: date
    last: date
    days: tuple[UsageDay, ...]
    total: UsageTotals

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Usage:
        """As the API sends it."""
        return cls(
            first=date.fromisoformat(data["from"]),
            last=date.fromisoformat(data["to"]),
            days=tuple(UsageDay.from_dict(day) for day in data["days"]),
            total=UsageTotals.from_dict(data["total"]),
        )


def _totals(data: Mapping[str, Any]) -> dict[str, Any]:
    names = ("jobs", "run_seconds", "gpu_seconds", "input_bytes", "output_bytes")
    return {name: data[name] for name in names}
