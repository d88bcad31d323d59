"""How many blank sandboxes to keep ready: a few always, as many as were just taken while versions come in quickly."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 30.0  # what was taken longer ago says nothing about the next moment
_MOST = 8  # one is started in about a second: more than this are not taken before more are there
_SHARE = 4  # of the memory budget blank ones take at most one part in so many


class Demand:
    """Not thread-safe: the pool's lock guards it. ``least`` 0 means none, ever."""

    def __init__(self, *, least: int, budget_bytes: int, each_bytes: int) -> None:
        self._least = least
        self._most = max(least, min(_MOST, budget_bytes // _SHARE // each_bytes)) if least else 0
        self._taken: deque[float] = deque(maxlen=_MOST)

    def taken(self, now: float) -> None:
        """One was asked for."""
        self._taken.append(now)

    def wanted(self, now: float) -> int:
        """How many should wait."""
        while self._taken and self._taken[0] <= now - WINDOW_SECONDS:
            self._taken.popleft()
        return max(self._least, min(self._most, len(self._taken)))
