"""How one try to deliver ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["delivered", "failed", "final"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """``failed`` is tried again, ``final`` never; ``error`` is a stable code, empty when delivered.

    ``status`` is 0 when no answer came. ``detail`` is for people: the start of the answer's body with
    everything unprintable escaped, or what went wrong before there was one. ``ours``: it says nothing of the endpoint.
    """

    kind: Kind
    status: int = 0
    error: str = ""
    detail: str = ""
    retry_after_seconds: float = 0.0
    ours: bool = False
