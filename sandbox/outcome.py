"""How a call in a sandbox ended. Expected endings are values, never exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OutcomeKind = Literal[
    "succeeded",
    "model_error",  # predict_single raised; the traceback is the tenant's own
    "output_not_serialisable",  # what it returned is neither JSON nor bytes
    "output_too_large",
    "timed_out",
    "out_of_memory",
    "out_of_processes",
    "crashed",  # the process died: segmentation fault, abort, os._exit
    "protocol_violation",  # what came out of the socket is not what a runner says
    "canceled",
    "platform",  # our fault: the engine or the sandbox went away for no reason of the tenant's
]

OutputKind = Literal["json", "bytes"]

# Endings after which the sandbox still stands and may serve the next call.
SURVIVABLE: frozenset[OutcomeKind] = frozenset(
    {"succeeded", "model_error", "output_not_serialisable", "output_too_large"}
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One call's ending.

    ``output`` holds UTF-8 JSON when ``output_kind`` is "json", else raw bytes; empty unless succeeded.
    ``message`` is one sentence, ``traceback`` the tenant's own frames; both empty when succeeded.
    ``logs`` is what the model printed, already bounded by ``Limits.log_bytes``.
    ``signal`` is set for crashed where the engine tells it (11 = segmentation fault).
    """

    call_id: str
    kind: OutcomeKind
    output_kind: OutputKind = "json"
    output: bytes = b""
    message: str = ""
    traceback: str = ""
    logs: str = ""
    logs_truncated: bool = False
    wall_seconds: float = 0.0
    signal: int | None = None
