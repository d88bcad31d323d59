"""A batch as Redis holds it, and what its parts are called."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from store.hashes import HashFields
from store.ids import ALPHABET

BatchState = Literal["running", "canceling", "completed", "canceled"]
LINES_MOST = 100_000  # of one batch

_DIGITS = 4  # of a line's number in its job's id: 32 ** 4 is more than LINES_MOST


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch as it stands. Times are milliseconds since 1970 by Redis's clock; 0 means not yet.

    ``next`` is the first line that has not been admitted and ``at`` the byte it begins at; ``done`` the first
    whose result is not among the results yet. The counts are of lines that have ended, collected or not.
    """

    id: str
    tenant_id: str
    model: str
    version_id: str
    version_number: int
    state: BatchState
    created_ms: int
    finished_ms: int
    total: int
    next: int
    at: int
    done: int
    succeeded: int
    failed: int
    canceled: int
    expired: int
    timeout_seconds: float
    result_seconds: int
    webhook: str
    fence: int
    waits_for: str
    deadline_ms: int = 0  # when lines that have not begun expire; 0: never
    cancel_ms: int = 0  # when it is canceled; 0: never

    @property
    def ended(self) -> bool:
        """True when every line has ended and is among the results."""
        return self.state in ("completed", "canceled")

    @property
    def lines_ended(self) -> int:
        """How many lines have ended."""
        return self.succeeded + self.failed + self.canceled + self.expired

    @property
    def open(self) -> int:
        """How many lines are jobs that have not ended."""
        return max(0, self.next - self.lines_ended)

    def job_id(self, index: int) -> str:
        """The job of a line."""
        return line_job_id(self.id, index)


@dataclass(frozen=True, slots=True)
class Segment:
    """Results of the lines from ``first`` up to ``end``, in a payload of their own."""

    name: str
    first: int
    end: int
    size_bytes: int


def decode_batch(batch_id: str, fields: Mapping[bytes, bytes]) -> BatchRecord:
    """The record behind the hash ``batch:{id}``. Its fields are listed in ``store/jobs/lua/common.lua``."""
    found = HashFields(fields)
    return BatchRecord(
        id=batch_id,
        tenant_id=found.text(b"t"),
        model=found.text(b"m"),
        version_id=found.text(b"v"),
        version_number=found.number(b"n"),
        state=found.text(b"s"),  # type: ignore[arg-type]  # written by our own scripts only
        created_ms=found.number(b"c"),
        finished_ms=found.number(b"e"),
        total=found.number(b"total"),
        next=found.number(b"next"),
        at=found.number(b"at"),
        done=found.number(b"done"),
        succeeded=found.number(b"succeeded"),
        failed=found.number(b"failed"),
        canceled=found.number(b"canceled"),
        expired=found.number(b"expired"),
        timeout_seconds=float(found.text(b"to") or "0"),
        result_seconds=found.number(b"keep"),
        webhook=found.text(b"hook"),
        fence=found.number(b"f"),
        waits_for=found.text(b"wf"),
        deadline_ms=found.number(b"dl"),
        cancel_ms=found.number(b"ca"),
    )


def decode_segment(entry: bytes) -> Segment:
    """An entry of the list ``batch:{id}:results``."""
    name, first, end, size = entry.decode().split(" ")
    return Segment(name, int(first), int(end), int(size))


def line_job_id(batch_id: str, index: int) -> str:
    """The id of a line's job: always the same, so that admitting it again after a crash finds it admitted.

    It begins with the batch's moment and the line's number: lines stand in their order among the tenant's jobs.
    """
    born = batch_id.removeprefix("bat_")[:10]
    digits = "".join(ALPHABET[index >> shift & 31] for shift in range(5 * (_DIGITS - 1), -1, -5))
    rest = hashlib.sha256(f"{batch_id}:{index}".encode()).digest()[: 26 - 10 - _DIGITS]
    return f"job_{born}{digits}" + "".join(ALPHABET[byte & 31] for byte in rest)


def lines_name(batch_id: str) -> str:
    """The payload with the lines as they were handed in."""
    return f"{batch_id}.lines"


def results_name(batch_id: str, *, first: int, fence: int) -> str:
    """The payload with the results from that line on, as the pump with that fence wrote it."""
    return f"{batch_id}.results-{first}-{fence}"
