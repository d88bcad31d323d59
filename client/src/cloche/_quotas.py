"""What a tenant may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """``used`` is None for what is a limit of one job, one sandbox or one upload."""

    limit: int
    used: float | None
