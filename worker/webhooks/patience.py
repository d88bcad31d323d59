"""Repeating a step until it works, without filling the log while it doesn't."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

PAUSE_SECONDS = 0.5  # after a failure of Redis or of the catalogue
SAY_SECONDS = 30.0  # the same trouble is said again only after this long

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(slots=True)
class _Trouble:
    kind: str
    said_at: float
    failures: int = 0


class Patience:
    """What one courier waits for. Trouble with a step is logged when it begins, changes, lasts and ends.

    Told apart by the step's name: a Redis that refuses writes still answers those that only read.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._troubles: dict[str, _Trouble] = {}

    async def repeat(self, name: str, step: Callable[[], Awaitable[T]], *, give_up: Callable[[], bool]) -> T | None:
        """The step's result once it works; None when ``give_up`` says so after a failure."""
        while True:
            try:
                found = await step()
            except Exception as exc:
                self._failed(name, exc)
                if give_up():
                    return None
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                self._worked(name)
                return found

    def _failed(self, name: str, exc: Exception) -> None:
        kind, now = type(exc).__name__, self._clock()
        trouble = self._troubles.get(name)
        if trouble is None or trouble.kind != kind or now - trouble.said_at >= SAY_SECONDS:
            failures = trouble.failures if trouble else 0
            trouble = self._troubles[name] = _Trouble(kind, said_at=now, failures=failures)
            log.warning("courier_waits", step=name, error=kind, reason=str(exc)[:200], failures=failures + 1)
        trouble.failures += 1

    def _worked(self, name: str) -> None:
        trouble = self._troubles.pop(name, None)
        if trouble is not None:
            log.info("courier_goes_on", step=name, failures=trouble.failures)
