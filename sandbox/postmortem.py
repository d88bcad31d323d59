"""Why a sandbox died, in the words of an outcome."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from typing import Any

from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable
from sandbox.outcome import OutcomeKind

_EXIT_SECONDS = 3.0  # between the socket's end and the container's
_OOM_NOTICE_SECONDS = 0.3  # the engine hears of the kernel's kill on another way than of the exit
_SIGNAL_BASE = 128


@dataclass(frozen=True, slots=True)
class Death:
    """What the engine knows about the end."""

    kind: OutcomeKind
    message: str
    signal: int | None = None


def examine(engine: Engine, container_id: str) -> Death:
    """Look at a container whose socket ended. Waits a moment for the engine to notice; never raises."""
    try:
        state = _ended_state(engine, container_id)
    except EngineUnreachable as exc:
        return Death("platform", str(exc))
    if state is None:
        return Death("platform", "The sandbox was removed while it worked.")
    if state["Running"]:
        return Death("protocol_violation", "The model closed the connection to its host.")
    return _verdict(state)


def _ended_state(engine: Engine, container_id: str) -> dict[str, Any] | None:
    deadline = time.monotonic() + _EXIT_SECONDS
    while True:
        state = engine.state(container_id)
        late = time.monotonic() > deadline
        if state is None or late or (not state["Running"] and not _maybe_oom(state)):
            return state
        if _maybe_oom(state):
            deadline = min(deadline, time.monotonic() + _OOM_NOTICE_SECONDS)
        time.sleep(0.01)


def _maybe_oom(state: dict[str, Any]) -> bool:
    """Killed by SIGKILL, and the engine has not (yet) said that it was for memory."""
    return not state["Running"] and state["ExitCode"] == _SIGNAL_BASE + signal.SIGKILL and not state["OOMKilled"]


def _verdict(state: dict[str, Any]) -> Death:
    code = int(state["ExitCode"])
    number = code - _SIGNAL_BASE
    if state["OOMKilled"] and number == signal.SIGKILL:
        return Death("out_of_memory", "The model used more memory than it may.", signal.SIGKILL)
    if number in {item.value for item in signal.Signals}:
        return Death("crashed", f"The model's process was killed by {signal.Signals(number).name}.", number)
    return Death("crashed", f"The model's process ended itself with exit code {code}.")
