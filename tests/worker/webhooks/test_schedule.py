"""When a failed delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from worker.webhooks.schedule import DELAYS_SECONDS, JITTER, next_delay_seconds
from worker.webhooks.sender import retry_after_seconds

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_nine_retries_then_no_more() -> None:
    """Ten attempts in all: each wait is the schedule's, up to a fifth longer; after the tenth there is none."""
    for attempts, delay in enumerate(DELAYS_SECONDS, start=1):
        for _ in range(50):
            wait = next_delay_seconds(attempts)
            assert wait is not None
            assert delay <= wait <= delay * (1 + JITTER)
    assert next_delay_seconds(10) is None


def test_what_failed_together_is_not_tried_together() -> None:
    """The jitter spreads."""
    assert len({next_delay_seconds(2) for _ in range(20)}) > 10


def test_retry_after_is_a_floor_with_a_ceiling() -> None:
    """Never sooner than asked, never later than a day and its jitter, and no extra attempts."""
    assert (next_delay_seconds(1, retry_after_seconds=600) or 0) >= 600
    assert (next_delay_seconds(3, retry_after_seconds=10) or 0) >= 1800
    assert (next_delay_seconds(1, retry_after_seconds=10**9) or 0) <= 86_400 * (1 + JITTER)
    assert next_delay_seconds(10, retry_after_seconds=5) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0), ("120", 120), (" 7 ", 7), ("-5", 0), ("soon", 0), ("1e9", 0), ("9" * 400, 999_999_999), ("٣", 0),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60), ("Wed, 31 Dec 2025 23:00:00 GMT", 0),
        ("Thu, 01 Jan 2026 00:01:00 -0000", 60), ("Thu, 99 Foo 2026", 0),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(header: str, seconds: float) -> None:
    """Seconds or a date; what is past, broken or foreign counts as absent."""
    assert retry_after_seconds(header, now=NOW) == seconds
