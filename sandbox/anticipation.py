"""When the next answer is due, so that whoever waits for it is awake when it comes.

A processor that has nothing to do halts, and to wake one takes longer than to hand a small answer over: a
call of some milliseconds pays for it each time. So the end of the wait is spent looking instead of sleeping,
when the last calls tell how long this one takes, and only while a processor is idle anyway.
"""

from __future__ import annotations

import os

_SHORTEST_SECONDS = 0.001  # below, the processor has hardly fallen asleep
_LONGEST_SECONDS = 0.02  # above, what waking costs is lost in the call
_LEAD_SECONDS = 0.0004  # the timer that ends the sleep is itself late by a good part of it
_LEAD_SHARE = 0.05  # of the call: the longer it is, the less exactly it is known
_MOST_SKIPPED = 64
_RUNNING = "/proc/loadavg"  # its fourth field; it says the same inside containers


class Anticipation:
    """What one sandbox's calls take. Where that can't be told, ever fewer calls are waited for awake."""

    def __init__(self) -> None:
        self._last = self._before = 0.0
        self._misses = 0
        self._skipped = 0

    def learn(self, seconds: float) -> None:
        """An answer took so long."""
        self._before, self._last = self._last, seconds

    def window(self) -> tuple[float, float] | None:
        """From when to when to be awake, in seconds after the wait began; None to sleep until it comes."""
        expected = min(self._before, self._last)
        if not _SHORTEST_SECONDS <= expected <= _LONGEST_SECONDS:
            return None
        if self._skipped < min(2**self._misses - 1, _MOST_SKIPPED):
            self._skipped += 1
            return None
        self._skipped = 0
        lead = _LEAD_SECONDS + _LEAD_SHARE * expected
        return expected - lead, expected + lead

    def met(self, *, awake: bool) -> None:
        """Whether the answer came in the window."""
        # Counted no further than it matters: an answer that comes in drips is missed at each of them.
        self._misses = 0 if awake else min(self._misses + 1, _MOST_SKIPPED)


def processor_to_spare() -> bool:
    """Whether no thread of this machine waits for a processor. False where nobody can tell."""
    try:
        with open(_RUNNING, "rb") as file:
            running = int(file.read(64).split()[3].partition(b"/")[0])
    except (OSError, IndexError, ValueError):
        return False
    return running <= (os.cpu_count() or 1)
