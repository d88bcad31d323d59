"""How much of a caller's patience is left."""

from __future__ import annotations

import math
import time


class Deadline:
    """A moment, or never. Reads the monotonic clock, so that setting the clock changes nothing."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds  # what the caller gave, to say so
        self._moment = math.inf if seconds is None else time.monotonic() + seconds

    @property
    def left_seconds(self) -> float:
        """What is left; 0 once it passed, infinity without a deadline."""
        return max(0.0, self._moment - time.monotonic())

    @property
    def passed(self) -> bool:
        """True once nothing is left."""
        return self.left_seconds <= 0.0
