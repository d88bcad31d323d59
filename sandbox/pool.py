"""Sandboxes kept ready: blank ones ahead of need, bound ones as long as memory lasts.

Memory is counted by ceilings, not by use: a bound sandbox counts ``limits.memory_bytes``, so that all of
them at their limit at once still fit the budget; a blank one counts what an idle runner takes. Idle bound
sandboxes are evicted, least recently used first, to stay under the budget. What is leased is never
evicted: with more leases than fit, the budget is exceeded by exactly those. An operator who wants more
bound sandboxes than ceilings allow sets a budget larger than the machine.

Where the driver has places (devices), they are counted as well: a blank one is started only where one is free, and
a lease that needs one takes it from the least recently used.
"""

from __future__ import annotations

import threading
import time
from collections import deque

import structlog

from policies.limits import MIB, Limits
from sandbox.contract import Bundle, Driver, Sandbox
from sandbox.demand import Demand
from sandbox.errors import SandboxError
from sandbox.idleness import Idleness
from sandbox.lease import Lease
from sandbox.shelf import Shelf

log = structlog.get_logger()

BLANK_BYTES = 256 * MIB  # an idle runner with torch imported, rounded up
_BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)  # between attempts while the engine is down
_LOOK_SECONDS = 1.0  # between two looks whether those that wait still live
_CLOSE_SECONDS = 150.0  # a start in progress ends before this


class Pool:
    """Blank and bound sandboxes of one worker; more blank ones wait while they are taken quickly. Thread-safe."""

    def __init__(self, driver: Driver, *, blanks: int, memory_budget_bytes: int) -> None:
        self._driver = driver
        self._demand = Demand(least=blanks, budget_bytes=memory_budget_bytes, each_bytes=BLANK_BYTES)
        self._budget_bytes = memory_budget_bytes
        self._changed = threading.Condition()
        self._blank: deque[Sandbox] = deque()
        self._shelf = Shelf()
        self._idleness = Idleness(self._bound)
        self._leases: list[Lease] = []
        self._evicted: set[Lease] = set()  # to be destroyed when they end
        self._starting = 0
        self._waiting = 0
        self._fault: str | None = None
        self._start_seconds = 0.0
        self._closed = False
        self._thread = threading.Thread(target=self._refill_forever, name="sandbox-pool", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> str | None:
        """Why no blank sandbox can be made now (an error's code), None while all is well."""
        return self._fault

    @property
    def blanks_ready(self) -> int:
        """How many blank sandboxes wait."""
        return len(self._blank)

    @property
    def start_seconds(self) -> float:
        """What making the last blank one took; 0 before the first."""
        return self._start_seconds

    @property
    def bound_idle(self) -> int:
        """How many bound sandboxes wait for their version's next turn."""
        return len(self._shelf)

    def lease(self, bundle: Bundle) -> Lease:
        """A context manager that holds a sandbox bound to ``bundle``."""
        return Lease(self, bundle)

    def evict(self, version_id: str) -> None:
        """Destroy the idle sandboxes of a version; leased ones are destroyed when their lease ends."""
        with self._changed:
            victims = self._shelf.drop(version_id)
            self._evicted.update(lease for lease in self._leases if lease.bundle.version_id == version_id)
            self._changed.notify_all()  # a place may be free now
        _destroy(victims)

    def sweep(self) -> int:
        """Remove the sandboxes of workers that died; how many. Raises SandboxError when the engine is away."""
        return self._driver.sweep()

    def close(self) -> None:
        """Destroy everything that is not leased and wait until it is removed. Safe to call twice.

        A lease that is still open destroys its sandbox when it ends.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(_CLOSE_SECONDS)
        with self._changed:
            victims = [*self._blank, *self._shelf.shrink(-1)]
            self._blank.clear()
        _destroy(victims)
        self._driver.close()  # destroying is asking: a process that ends now would leave the containers

    # -- what a lease calls

    def take_bound(self, lease: Lease) -> Sandbox | None:
        """An idle sandbox bound to the lease's bundle, None where a blank one must be bound."""
        with self._changed:
            self._leases.append(lease)
            found, victims = self._shelf.take(lease.bundle)
            victims += self._shelf.shrink(self._room_bytes())
        _destroy(victims)
        return found

    def take_blank(self, limits: Limits) -> Sandbox:
        """A blank one: ready, or the one that is being started, or one started here. Raises SandboxError.

        Where those that wait can't be given these limits, one is started with them.
        """
        if not self._driver.adjustable(limits):
            return self._start_here(limits)
        with self._changed:
            self._waiting += 1
            self._demand.taken(time.monotonic())
            try:
                while True:
                    self._drop_dead()
                    if self._blank:
                        return self._blank.popleft()
                    if self._starting < self._waiting:
                        break
                    self._changed.wait()
            finally:
                self._waiting -= 1
                self._changed.notify_all()
        return self._start_here(None)

    def give_back(self, lease: Lease, sandbox: Sandbox | None) -> None:
        """The lease ended. A living sandbox stays bound unless its version was evicted."""
        with self._changed:
            self._leases.remove(lease)
            evicted = self._closed or lease in self._evicted
            self._evicted.discard(lease)
            victims = []
            if sandbox is not None and not evicted and sandbox.alive:
                self._shelf.put(lease.bundle, sandbox)
                victims = self._shelf.shrink(self._room_bytes())
            elif sandbox is not None:
                victims = [sandbox]
            self._changed.notify_all()
        _destroy(victims)

    # -- places

    def _start_here(self, limits: Limits | None) -> Sandbox:
        """Start one for a lease that is on the books already, in the place of idle ones if need be."""
        victims: list[Sandbox] = []
        with self._changed:
            while self._places_left() < 0 and (self._shelf or self._blank):
                victims += self._shelf.shed() or [self._blank.popleft()]
        _destroy(victims)
        return self._driver.start(limits)

    def _places_left(self) -> int:
        """How many more may live; below 0 when a lease takes one that isn't there. Without places, always some."""
        if self._driver.places is None:
            return 1
        holding = len(self._leases) - self._waiting
        return self._driver.places - len(self._blank) - self._starting - len(self._shelf) - holding

    # -- memory and blank ones

    def _room_bytes(self) -> int:
        """What the leases and the blank ones leave for idle bound sandboxes."""
        leased = sum(lease.bundle.limits.memory_bytes for lease in self._leases)
        return max(0, self._budget_bytes - leased - self._wanted() * BLANK_BYTES)

    def _wanted(self) -> int:
        return self._demand.wanted(time.monotonic())

    def _refill_forever(self) -> None:
        failures = 0
        while self._gap():
            begun = time.monotonic()
            try:
                sandbox = self._driver.start()
                if failures:
                    self._driver.sweep()  # the engine is back: so may be what could not be removed
            except SandboxError as exc:
                if not failures:
                    log.warning("no_sandbox", code=exc.code, error=str(exc))
                self._started(None, fault=exc.code)
                self._pause(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
                failures += 1
            else:
                failures = 0
                self._start_seconds = time.monotonic() - begun
                self._started(sandbox, fault=None)

    def _gap(self) -> bool:
        """Wait until a blank one is wanted, looking after those that wait; False when the pool is closed."""
        while True:
            self._idleness.look(time.monotonic())  # without the lock: it reads files, and may ask the engine
            with self._changed:
                self._drop_dead()
                self._drop_surplus()
                if self._closed:
                    return False
                if len(self._blank) < self._wanted() and self._places_left() > 0:
                    self._starting += 1
                    return True
                self._changed.wait(_LOOK_SECONDS)

    def _bound(self) -> list[tuple[Bundle, Sandbox]]:
        """All that are bound: those that wait, and those whose lease goes on, which may linger for the next job."""
        with self._changed:
            leased = [(lease.bundle, lease.held) for lease in self._leases]
            return self._shelf.held + [(bundle, sandbox) for bundle, sandbox in leased if sandbox is not None]

    def _drop_dead(self) -> None:
        """Let go of those that ended while they waited: the engine went away, or somebody removed them."""
        dead = [sandbox for sandbox in self._blank if not sandbox.alive]
        self._blank = deque(sandbox for sandbox in self._blank if sandbox not in dead)
        _destroy(dead + self._shelf.drop_dead())  # it is only asked for: nobody waits under the lock

    def _drop_surplus(self) -> None:
        """Let go of those that waited longest once fewer are wanted."""
        _destroy([self._blank.popleft() for _ in range(len(self._blank) - self._wanted())])

    def _started(self, sandbox: Sandbox | None, *, fault: str | None) -> None:
        with self._changed:
            self._starting -= 1
            self._fault = fault
            if sandbox is not None:
                self._blank.append(sandbox)
            self._changed.notify_all()

    def _pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with self._changed:
            while not self._closed and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)


def _destroy(sandboxes: list[Sandbox]) -> None:
    for sandbox in sandboxes:
        sandbox.destroy()
