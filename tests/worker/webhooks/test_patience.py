"""A courier that waits says so, and doesn't fill the log with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from worker.webhooks import patience
from worker.webhooks.patience import SAY_SECONDS, Patience

pytestmark = pytest.mark.anyio


def failing(*errors: Exception) -> Callable[[], object]:
    """A step that fails with each of these, then works."""
    left = list(errors)

    async def step() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return step


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0)


async def test_the_same_trouble_is_said_once_and_its_end_too() -> None:
    """A hundred failures in a row are one line; when it works again, one more says how many there were."""
    patient = Patience(clock=lambda: 0.0)
    with capture_logs() as lines:
        assert await patient.repeat("take", failing(*[OSError("away")] * 100), give_up=lambda: False) == "done"
        assert await patient.repeat("take", failing(), give_up=lambda: False) == "done"
    assert [(line["event"], line["failures"]) for line in lines] == [("courier_waits", 1), ("courier_goes_on", 100)]


async def test_trouble_that_lasts_or_changes_is_said_again() -> None:
    """After a while, and when the error is another, there is another line."""
    times = iter([0.0, 1.0, SAY_SECONDS + 1, SAY_SECONDS + 2])
    patient = Patience(clock=lambda: next(times))
    with capture_logs() as lines:
        step = failing(OSError("a"), OSError("a"), OSError("a"), ValueError("b"))
        await patient.repeat("take", step, give_up=lambda: False)
    waits = [line["error"] for line in lines if line["event"] == "courier_waits"]
    assert waits == ["OSError", "OSError", "ValueError"]


async def test_what_works_does_not_hide_what_does_not() -> None:
    """One step that works beside another that fails doesn't make the other's trouble new each time."""
    patient = Patience(clock=lambda: 0.0)
    with capture_logs() as lines:
        for _ in range(20):
            assert await patient.repeat("take", failing(OSError("read-only")), give_up=lambda: True) is None
            await patient.repeat("claim", failing(), give_up=lambda: False)
    assert len(lines) == 1
