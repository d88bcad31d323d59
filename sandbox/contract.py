"""What a sandbox driver promises. Docker is the real one; ``sandbox.fake`` is shipped for logic tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from policies.limits import Limits
from sandbox.outcome import Outcome, OutcomeKind

InputKind = Literal["json", "text", "bytes"]
LoadMode = Literal["auto", "meta", "plain"]


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything a blank sandbox needs to become one version's. The paths are the host's.

    ``load`` is "auto" for a version never loaded before (meta device first, plain instantiation
    where that fails), else what the upload check found. It is no part of what makes two bundles equal:
    the sandbox that checked an upload goes on to serve it.
    """

    tenant_id: str
    version_id: str
    class_name: str
    source: Path
    weights: Path
    limits: Limits = field(default_factory=Limits)
    load: LoadMode = field(default="auto", compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One inference request. "json" payloads are parsed in the sandbox, "text" decoded, "bytes" passed.

    ``on_printed`` is told what a call prints that takes longer than a moment (0.1 s): while it runs, in pieces of
    whole characters, at most ten times a second and ``Limits.log_bytes`` in all, from the thread that runs it.
    It must not raise, and should not take long: nobody looks at the call's clock meanwhile. A model that prints
    faster than it is read loses text here, never in ``Outcome.logs``.
    """

    id: str
    kind: InputKind
    payload: bytes
    timeout_seconds: float
    on_printed: Callable[[str], None] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Bound:
    """The sandbox holds the version and answers calls."""

    load: Literal["meta", "plain"]
    seconds: float
    logs: str = ""


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """The version can't be loaded; the sandbox is gone. ``kind`` "platform" means: our fault, try again.

    ``detail`` is JSON-able: for weights that don't fit the class it holds the lists ``missing``,
    ``unexpected`` (names) and ``mismatched`` (``{"name", "expected", "found"}``, shapes as lists).
    """

    kind: OutcomeKind | Literal["load_error", "weights_mismatch", "weights_invalid"]
    message: str
    traceback: str = ""
    logs: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a sandbox that nobody uses has computed since it was started, with everything that runs in it.

    ``uses`` counts its binding and every ``run``, ``worked_seconds`` is how long its calls took together.
    """

    uses: int
    worked_seconds: float
    cpu_seconds: float


class Sandbox(Protocol):
    """One container. Blank until bound, then one version's until it is gone; never reused for another."""

    name: str

    @property
    def alive(self) -> bool:
        """False once destroyed, killed or condemned by an outcome that is not survivable."""

    def bind(self, bundle: Bundle) -> Bound | LoadFailure:
        """Hand source and weights in and load them. Call once. A failure destroys the sandbox."""

    def run(self, calls: Sequence[Call]) -> Iterator[Outcome]:
        """Run the calls in order, yielding each outcome as soon as it is known.

        After an outcome that is not survivable the sandbox is destroyed and the iterator ends:
        the calls that follow it were not answered and may be run elsewhere.
        """

    def cancel(self) -> None:
        """Kill what runs, from any thread: the call in progress ends as canceled."""

    def destroy(self) -> None:
        """Remove the container. Safe to call twice. Does not wait for a GPU to drain."""

    def spent(self) -> Spent | None:
        """What it has computed so far; None while it is in use or gone, and where it isn't known, or not just now.

        For one thread at a time, which may wait for the engine.
        """

    def discard(self, *, uses: int) -> bool:
        """Destroy it unless it was used since, or is in use. True when this call destroyed it."""


class Driver(Protocol):
    """Starts sandboxes."""

    def start(self, limits: Limits | None = None) -> Sandbox:
        """A blank sandbox: runner up, torch imported, no tenant. Raises SandboxError when it can't.

        ``limits`` are those it starts with, the driver's usual ones when None.
        """

    def adjustable(self, limits: Limits) -> bool:
        """True when binding can give a sandbox that was started with the usual limits these. Raises SandboxError."""

    @property
    def places(self) -> int | None:
        """How many sandboxes may live at once; None where nothing but memory bounds them."""

    def ping(self) -> None:
        """Raise EngineUnreachable when no sandbox could be started now."""

    def sweep(self) -> int:
        """Remove sandboxes whose worker is gone; how many. Never touches another installation's."""

    def close(self) -> None:
        """Wait until every destroyed sandbox is removed. Safe to call twice; sandboxes that live are left alone."""
