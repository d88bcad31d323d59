"""What one check of ``doctor`` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``found`` says what is, ``advice`` what to do about it (empty when ok).

    ``fail`` means that jobs don't run, or that a promise of Cloche doesn't hold; ``warn`` that one may not hold.
    """

    name: str
    state: State
    found: str
    advice: str = ""


def ok(name: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(name, "ok", found)


def warn(name: str, found: str, advice: str) -> Finding:
    """Works, but somebody should look."""
    return Finding(name, "warn", found, advice)


def fail(name: str, found: str, advice: str) -> Finding:
    """Doesn't work."""
    return Finding(name, "fail", found, advice)
