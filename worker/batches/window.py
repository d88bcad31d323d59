"""How many lines of a batch may be in the queue at once: about a second's worth."""

from __future__ import annotations

FEWEST = 8  # so that a slow model is known to be behind and gets another worker, where the tenant may have one
MOST = 256
AT_FIRST = 32
_SECONDS = 1.0  # of work in the queue: what the tenant's own single jobs wait for behind a batch, at most
_SAMPLE_SECONDS = 0.2
_WEIGHT = 0.4  # of the newest sample in the running mean


class Window:
    """A running mean of how many lines end in a second, and the room that follows from it."""

    def __init__(self) -> None:
        self._rate: float | None = None
        self._seen: tuple[float, int] | None = None

    @property
    def size(self) -> int:
        """How many lines may be under way."""
        if self._rate is None:
            return AT_FIRST
        return max(FEWEST, min(MOST, int(self._rate * _SECONDS)))

    def note(self, ended: int, *, now: float) -> None:
        """So many lines have ended by now, in all."""
        if self._seen is None:
            self._seen = now, ended
            return
        then, before = self._seen
        if now - then < _SAMPLE_SECONDS:
            return
        rate = (ended - before) / (now - then)
        self._rate = rate if self._rate is None else self._rate + _WEIGHT * (rate - self._rate)
        self._seen = now, ended
