"""A sandbox of the pool in somebody's hands."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from sandbox.contract import Bound, Bundle, LoadFailure, Sandbox

if TYPE_CHECKING:
    from sandbox.pool import Pool


class Lease:
    """A sandbox for one version, for as long as the ``with`` block runs.

    ``failure`` set means: the version could not be loaded and there is no sandbox. ``warm`` says that it
    was bound before; ``load`` how this lease loaded it, None when warm; ``cost_seconds`` what that took, the
    making of a blank one in place of the one it used included. Entering raises SandboxError when no sandbox can
    be started.
    """

    def __init__(self, pool: Pool, bundle: Bundle) -> None:
        self.bundle = bundle
        self.failure: LoadFailure | None = None
        self.warm = False
        self.bind_seconds = 0.0
        self.cost_seconds = 0.0
        self.load: Literal["meta", "plain"] | None = None
        self.logs = ""  # what the model printed while it was loaded; empty when warm
        self._pool = pool
        self._sandbox: Sandbox | None = None

    @property
    def sandbox(self) -> Sandbox:
        """The bound sandbox. Only where ``failure`` is None."""
        if self._sandbox is None:
            raise RuntimeError("this lease holds no sandbox: look at lease.failure first")
        return self._sandbox

    @property
    def held(self) -> Sandbox | None:
        """The bound sandbox, None as long as there is none."""
        return self._sandbox

    def __enter__(self) -> Lease:
        self._sandbox = self._pool.take_bound(self)
        self.warm = self._sandbox is not None
        try:
            if self._sandbox is None:
                self._bind()
        except BaseException:
            self._pool.give_back(self, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._pool.give_back(self, self._sandbox)
        self._sandbox = None

    def _bind(self) -> None:
        """Bind a blank one; a second one when the first turns out to have died while it waited."""
        started = time.monotonic()
        for _ in range(2):
            blank = self._pool.take_blank(self.bundle.limits)
            result = _bind_or_destroy(blank, self.bundle)
            if isinstance(result, Bound):
                self.failure, self.load, self.logs, self._sandbox = None, result.load, result.logs, blank
                break
            self.failure = result
            if result.kind != "platform":
                break
        self.bind_seconds = time.monotonic() - started
        self.cost_seconds = max(self.bind_seconds, self._pool.start_seconds)


def _bind_or_destroy(blank: Sandbox, bundle: Bundle) -> Bound | LoadFailure:
    try:
        return blank.bind(bundle)
    except BaseException:
        blank.destroy()
        raise
