"""When to send a request again, and how long to wait before."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Answers that say "not now": the request was not carried out, so any request may be sent again.
NOT_NOW: frozenset[int] = frozenset({429, 503})
# Answers of something between us and the engine: nobody knows whether the request was carried out.
UNKNOWN: frozenset[int] = frozenset({502, 504})

MOST_ATTEMPTS = 100  # of one request, should its pauses be too short to ever be patience enough


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential backoff with full jitter.

    As in https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    ``attempts`` counts the first one. An engine that asks for more patience than ``patience_seconds``
    gets none: the error is raised at once and carries what it asked for. One that has answered before and
    then goes away, as it does when it is restarted, gets ``patience_seconds`` to come back, however many
    attempts that takes.
    """

    attempts: int = 6
    first_seconds: float = 0.2
    longest_seconds: float = 5.0
    patience_seconds: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def pause_seconds(self, attempt: int, *, asked_seconds: float | None, patient: bool = False) -> float | None:
        """How long to wait after the attempt of that number (from 1); None means give up.

        ``patient``: the number of attempts is no reason to. Not where they are turned off.
        """
        if attempt >= self.attempts and not (patient and self.attempts > 1):
            return None
        if asked_seconds is not None:
            return asked_seconds if asked_seconds <= self.patience_seconds else None
        ceiling: float = min(self.longest_seconds, self.first_seconds * 2.0 ** (attempt - 1))
        return random.uniform(0, ceiling)  # noqa: S311 - spreads clients in time, guards nothing


@dataclass(slots=True)
class Tries:
    """How often one request was sent, and what was slept in between."""

    retry: Retry
    attempt: int = 1
    slept_seconds: float = 0.0

    def pause_seconds(self, *, asked_seconds: float | None = None, away: bool = False) -> float | None:
        """How long to wait before the next; None means give up. ``away``: the engine was there, and is not now."""
        patient = away and self.slept_seconds < self.retry.patience_seconds and self.attempt < MOST_ATTEMPTS
        pause = self.retry.pause_seconds(self.attempt, asked_seconds=asked_seconds, patient=patient)
        self.attempt += 1
        self.slept_seconds += pause or 0.0
        return pause


def retry_after_seconds(header: str | None) -> float | None:
    """Retry-After in seconds, whether it was sent as a number or as a date. None when there is none."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        return _seconds_until(header)


def _seconds_until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
