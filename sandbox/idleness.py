"""Sandboxes that compute between calls, when nobody pays for it: they are destroyed instead of kept.

What a model leaves running takes processors from others, uncounted, for as long as its sandbox is kept. So
somebody looks now and then at the time that each bound sandbox's container has used. It may have used what its calls
can use (their time, and a moment after each, on all its processors), a share of one processor for the time in between,
and an allowance on top that fills up again. The looks' own moments don't matter then, nor do the calls': who computes
between two of them is seen at the next one. Calls are reckoned at all they could use, because nobody knows better.

The moment after a call is two periods of the processors' quota: what a call takes ahead of its quota within one, and
for clearing up after the answer. The share and the allowance are for timers, a large collection of garbage, and threads
that spin after their last work. Measured: an idle runner uses 0.00002 of a processor under runc, 0.001 under gVisor,
after work on many threads as well. Clearing up after a call that used two gigabytes is over within half a second, and
takes 0.0001 s under runc, up to 0.16 s under gVisor.

Not seen: what is computed before the first look at a sandbox, between the one that finds it and its end, and on a GPU.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from sandbox.contract import Bundle, Sandbox, Spent

log = structlog.get_logger()

EVERY_SECONDS = 2.0  # between two looks
SHARE = 0.1  # of one processor: a hundred times what an idle runner uses
ALLOWANCE_SECONDS = 0.5
AFTER_SECONDS = 0.2  # twice hardening.CPU_PERIOD_MICROSECONDS


@dataclass(slots=True)
class _Watch:
    """What is known of one sandbox."""

    last: Spent
    at: float
    overdrawn_seconds: float = 0.0  # beyond what it may, and not made up for since

    def note(self, spent: Spent, now: float, *, cpus: float) -> bool:
        """Take a reading down; True when more was used than may be."""
        working = spent.worked_seconds - self.last.worked_seconds + AFTER_SECONDS * (spent.uses - self.last.uses)
        allowed = cpus * working + SHARE * (now - self.at)
        used = spent.cpu_seconds - self.last.cpu_seconds
        self.overdrawn_seconds = max(0.0, self.overdrawn_seconds + used - allowed)
        self.last, self.at = spent, now
        return self.overdrawn_seconds > ALLOWANCE_SECONDS


class Idleness:
    """Watches the bound sandboxes of one pool. Belongs to one thread."""

    def __init__(self, bound: Callable[[], Iterable[tuple[Bundle, Sandbox]]]) -> None:
        self._bound = bound
        self._watched: dict[Sandbox, _Watch] = {}
        self._looked_at = -math.inf

    def look(self, now: float) -> None:
        """Destroy what computed too much outside its calls. Does nothing when the last look was just now."""
        if now - self._looked_at < EVERY_SECONDS:
            return
        self._looked_at = now
        before, self._watched = self._watched, {}
        for bundle, sandbox in self._bound():
            watch = before.get(sandbox)
            spent = sandbox.spent()
            if watch is None and spent is not None:
                watch = _Watch(spent, now)
            elif watch is not None and spent is not None and watch.note(spent, now, cpus=bundle.limits.cpus):
                _discard(bundle, sandbox, watch)
            if watch is not None and sandbox.alive:  # at work, or not to be read just now: the next reading covers it
                self._watched[sandbox] = watch


def _discard(bundle: Bundle, sandbox: Sandbox, watch: _Watch) -> None:
    if sandbox.discard(uses=watch.last.uses):
        log.warning(
            "computed_while_idle",
            version_id=bundle.version_id,
            tenant_id=bundle.tenant_id,
            cpu_seconds=round(watch.overdrawn_seconds, 3),
        )
