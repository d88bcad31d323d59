"""Why a sandbox died, in the words of an outcome.

Nothing inside can send SIGKILL (seccomp.py), and init is spared by the kernel's rule that it gets no signal from
its own container. So who was killed by it was killed by the kernel for its memory, which the engine says, or from
outside: by somebody at the engine, by the engine that stops or starts again, by the host that ran out of memory.
That is no fault of the tenant's. A model can end with the same exit code, but then init says that it ended itself.

Who hung up and goes on is found out at once where this host's /proc shows the runner: a child of the container's init,
which no VM's or gVisor's process is. The kernel marks a process as ending before it closes what that had open, so one
that is not marked when its socket ended did not die of anything. Elsewhere it is what has not ended after a while.

Not told apart: a kill for memory that the engine is silent about (it is then tried again, which ends the same way
until the attempts are over), and a process that had the kernel send SIGKILL for it, through a descriptor's
owner or a child's exit signal: it is tried again as well.
"""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker.errors
import structlog

from policies.limits import MIB
from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable
from sandbox.outcome import OutcomeKind

log = structlog.get_logger()

_EXIT_SECONDS = 3.0  # between the socket's end and the container's
_ENDING = 0x4  # PF_EXITING in include/linux/sched.h
_OOM_NOTICE_SECONDS = 0.3  # the engine hears of the kernel's kill on another way than of the exit
_SIGNAL_BASE = 128
_ENDED_ITSELF = "Main child exited normally"  # init's words; see hardening.INIT_VERBOSITY


@dataclass(frozen=True, slots=True)
class Death:
    """What the engine knows about the end."""

    kind: OutcomeKind
    message: str
    signal: int | None = None


def examine(engine: Engine, container_id: str, *, runner_pid: int, memory_bytes: int) -> Death:
    """Look at a container whose socket ended. Waits a moment for the engine to notice; never raises.

    ``runner_pid`` is who was at the other end of it, 0 where that isn't known; ``memory_bytes`` the limit it had.
    """
    try:
        state = _ended_state(engine, container_id, runner_pid)
        if state is None:
            return Death("platform", "The sandbox was removed while it worked.")
        if state["Running"]:
            return Death("protocol_violation", "The model closed the connection to its host.")
        if _maybe_oom(state) and _ENDED_ITSELF not in engine.log_tail(container_id):
            return Death("platform", "The sandbox was killed from outside while it worked.", signal.SIGKILL)
    except (EngineUnreachable, docker.errors.APIError) as exc:
        # For whoever runs this, not for the tenant: it may name the engine's address.
        log.warning("ending_not_told", sandbox=container_id[:12], error=str(exc))
        return Death("platform", "The container engine did not tell how the sandbox ended.")
    return _verdict(state, memory_bytes)


def _ended_state(engine: Engine, container_id: str, runner_pid: int) -> dict[str, Any] | None:
    deadline = time.monotonic() + _EXIT_SECONDS
    while True:
        state = engine.state(container_id)
        late = time.monotonic() > deadline
        if state is None or late or (not state["Running"] and not _maybe_oom(state)):
            return state
        if state["Running"] and lives(runner_pid, parent=state["Pid"]):
            return state
        if _maybe_oom(state):
            deadline = min(deadline, time.monotonic() + _OOM_NOTICE_SECONDS)
        time.sleep(0.01)


def lives(pid: int, *, parent: int) -> bool:
    """Whether this child of that process is surely there and not about to end. False where it can't be seen."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    state, its_parent, *rest = text.rpartition(")")[2].split()  # the name before it is the model's choice
    return int(its_parent) == parent and state not in "ZX" and not int(rest[4]) & _ENDING


def _maybe_oom(state: dict[str, Any]) -> bool:
    """Killed by SIGKILL, and the engine has not (yet) said that it was for memory."""
    return not state["Running"] and state["ExitCode"] == _SIGNAL_BASE + signal.SIGKILL and not state["OOMKilled"]


def _verdict(state: dict[str, Any], memory_bytes: int) -> Death:
    code = int(state["ExitCode"])
    number = code - _SIGNAL_BASE
    if state["OOMKilled"] and number == signal.SIGKILL:
        message = f"The model used more than the {memory_bytes // MIB} MiB of memory it may: use less, or ask for more."
        return Death("out_of_memory", message, signal.SIGKILL)
    if number != signal.SIGKILL and number in {item.value for item in signal.Signals}:
        return Death("crashed", f"The model's process was killed by {signal.Signals(number).name}.", number)
    return Death("crashed", f"The model's process ended itself with exit code {code}.")
