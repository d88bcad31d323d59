"""When a failed delivery is tried again: the schedule of the Standard Webhooks specification, with jitter."""

from __future__ import annotations

import random

# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
_MINUTE, _HOUR = 60.0, 3600.0
DELAYS_SECONDS: tuple[float, ...] = (
    5.0,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
JITTER = 0.2  # up to a fifth later, so that what failed together isn't tried together
RETRY_AFTER_LIMIT_SECONDS = 24 * _HOUR  # an endpoint may ask for patience, not for ever


def next_delay_seconds(attempts: int, *, retry_after_seconds: float = 0.0) -> float | None:
    """How long to wait after that many failed attempts (1 is the first); None when it was the last.

    Never sooner than the endpoint asked for by Retry-After, up to 24 hours.
    """
    if attempts > len(DELAYS_SECONDS):
        return None
    delay = DELAYS_SECONDS[max(0, attempts - 1)]
    floor = min(retry_after_seconds, RETRY_AFTER_LIMIT_SECONDS)
    return max(delay, floor) * random.uniform(1.0, 1.0 + JITTER)  # noqa: S311 - spreads load, protects nothing
