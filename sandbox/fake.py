"""A driver without containers, for tests of what uses one. It keeps the contract; what models do is scripted."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator, Sequence

from policies.limits import Limits
from sandbox.contract import Bound, Bundle, Call, LoadFailure, Spent
from sandbox.errors import DevicesBusy, SandboxError
from sandbox.outcome import SURVIVABLE, Outcome, OutcomeKind

Behaviour = Callable[[Call], Outcome]


def echo(call: Call) -> Outcome:
    """Answer with the input."""
    output = call.payload if call.kind != "text" else json.dumps(call.payload.decode()).encode()
    return Outcome(call.id, "succeeded", "bytes" if call.kind == "bytes" else "json", output)


def ends(kind: OutcomeKind, message: str = "") -> Behaviour:
    """Every call ends this way."""
    return lambda call: Outcome(call.id, kind, message=message or kind)


def hangs(call: Call) -> Outcome:
    """Run until the time-out or until canceled, like an endless loop."""
    raise _Hang


class _Hang(Exception):
    pass


class FakeDriver:
    """``behaviours`` and ``load_failures`` are by version id; anything else loads and echoes.

    Set ``fault`` to make ``start`` and ``ping`` raise it; ``started`` holds every sandbox ever made.
    ``rigid`` makes it one whose sandboxes keep the limits they were started with; ``places`` one on which so many
    may live at once.
    """

    def __init__(self) -> None:
        self.behaviours: dict[str, Behaviour] = {}
        self.load_failures: dict[str, LoadFailure] = {}
        self.fault: SandboxError | None = None
        self.started: list[FakeSandbox] = []
        self.sweeps = 0
        self.rigid = False
        self.places: int | None = None
        self._numbers = itertools.count(1)

    def start(self, limits: Limits | None = None) -> FakeSandbox:
        """A blank sandbox, at once."""
        self.ping()
        if self.places is not None and sum(sandbox.alive for sandbox in self.started) >= self.places:
            raise DevicesBusy(("fake",), share=self.places)
        sandbox = FakeSandbox(f"fake-{next(self._numbers)}", self, limits=limits or Limits())
        self.started.append(sandbox)
        return sandbox

    def adjustable(self, limits: Limits) -> bool:
        """Whether the limits are the usual ones, or can be changed."""
        return not self.rigid or limits == Limits()

    def ping(self) -> None:
        """Raise the fault that was set."""
        if self.fault is not None:
            raise self.fault

    def sweep(self) -> int:
        """Count the call."""
        self.sweeps += 1
        return 0

    def close(self) -> None:
        """Nothing is left behind."""


class FakeSandbox:
    """A sandbox of FakeDriver. ``cpu_seconds`` is what it has computed, as far as anybody can tell."""

    def __init__(self, name: str, driver: FakeDriver, *, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.bundle: Bundle | None = None
        self.calls: list[Call] = []
        self.cpu_seconds: float | None = 0.0
        self._uses = 0
        self._worked_seconds = 0.0
        self._driver = driver
        self._gone = threading.Event()
        self._canceled = False

    @property
    def alive(self) -> bool:
        """False once destroyed."""
        return not self._gone.is_set()

    def bind(self, bundle: Bundle) -> Bound | LoadFailure:
        """Bound, or the failure scripted for the version."""
        self.bundle = bundle
        self._uses += 1
        if failure := self._driver.load_failures.get(bundle.version_id):
            self.destroy()
            return failure
        return Bound(load="plain" if bundle.load == "plain" else "meta", seconds=0.0)

    def run(self, calls: Sequence[Call]) -> Iterator[Outcome]:
        """Each call's scripted outcome, in order, until one is not survivable."""
        finished = False
        self._uses += 1
        try:
            for call in calls:
                if not self.alive:
                    break
                outcome = self._one(call)
                self._worked_seconds += outcome.wall_seconds
                if outcome.kind not in SURVIVABLE:
                    self.destroy()
                yield outcome
            finished = True
        finally:
            if not finished:
                self.destroy()

    def cancel(self) -> None:
        """End a hanging call as canceled."""
        self._canceled = True
        self.destroy()

    def destroy(self) -> None:
        """Gone."""
        self._gone.set()

    def spent(self) -> Spent | None:
        """What the test says."""
        known = self.cpu_seconds is not None and self.alive
        return Spent(self._uses, self._worked_seconds, self.cpu_seconds or 0.0) if known else None

    def discard(self, *, uses: int) -> bool:
        """Gone, unless it was used since."""
        unused = self.alive and self._uses == uses
        if unused:
            self.destroy()
        return unused

    def _one(self, call: Call) -> Outcome:
        assert self.bundle is not None, "run() before bind()"
        self.calls.append(call)
        try:
            return self._driver.behaviours.get(self.bundle.version_id, echo)(call)
        except _Hang:
            if self._gone.wait(call.timeout_seconds):
                return Outcome(call.id, "canceled" if self._canceled else "platform", message="Canceled.")
            return Outcome(call.id, "timed_out", message=f"predict_single took longer than {call.timeout_seconds:g} s.")
