"""The pump's side of batches: take one, hold it, admit its lines, note its results."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from store.batches.records import BatchRecord, decode_batch
from store.jobs.codec import decode_record
from store.jobs.records import JobRecord

LEASE_SECONDS = 5.0  # a pump that was silent for longer is taken for dead; it holds on every second

Run = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Held:
    """A batch in this pump's hands, under the fence it must present with everything it does."""

    batch_id: str
    fence: int


@dataclass(frozen=True, slots=True)
class Collected:
    """Results that are in the blob store, of the lines from ``first`` up to ``end``.

    ``job_ids`` are those of the lines that were jobs; ``unrun`` of the others ended as ``how`` without being
    one. ``entry`` is what the couriers are told when the batch ends with these; "" for nothing.
    """

    name: str
    size_bytes: int
    first: int
    end: int
    job_ids: Sequence[str]
    unrun: int = 0
    at: int = 0  # with ``unrun``, the byte after the last of them
    how: Literal["canceled", "failed", "expired"] = "canceled"
    entry: bytes = b""


@dataclass(frozen=True, slots=True)
class LineResult:
    """A line's job, None when its record is gone; and what the client calls the line."""

    job: JobRecord | None
    label: str | None = None


class BatchBooks:
    """Batches as a pump sees them. Every method raises RedisUnavailable when Redis can't be asked."""

    def __init__(self, *, script: Run, call: Run) -> None:
        self._script = script
        self._call = call

    async def take(self, *, room: int) -> list[Held]:
        """Up to ``room`` batches that nobody holds."""
        taken = await self._script("batch_take", room, int(LEASE_SECONDS * 1000))
        return [Held(taken[at].decode(), int(taken[at + 1])) for at in range(0, len(taken), 2)]

    async def hold(self, held: Held, *, waits_for: str = "") -> bool:
        """Hold on for another lease. False when it was taken away."""
        return bool(await self._script("batch_hold", held.batch_id, held.fence, int(LEASE_SECONDS * 1000), waits_for))

    async def let_go(self, held: Held) -> None:
        """Leave it to the next pump, at once."""
        await self._script("batch_hold", held.batch_id, held.fence, 0, "")

    async def read(self, batch_id: str) -> BatchRecord | None:
        """The batch as it stands; None when it is forgotten."""
        fields = await self._call("HGETALL", f"batch:{batch_id}")
        return decode_batch(batch_id, dict(zip(fields[::2], fields[1::2], strict=True))) if fields else None

    async def results(self, job_ids: Sequence[str]) -> list[LineResult]:
        """What became of these lines so far."""
        fields = await asyncio.gather(*[self._call("HGETALL", f"job:{job_id}") for job_id in job_ids])
        outputs = await asyncio.gather(*[self._call("GET", f"out:{job_id}") for job_id in job_ids])
        return [_result(*each) for each in zip(job_ids, fields, outputs, strict=True)]

    async def collect(self, held: Held, found: Collected) -> bool:
        """Note the results. False, and nothing changed, when the batch was taken away or this was done before."""
        answer = await self._script(
            "batch_collect",
            *(held.batch_id, held.fence, found.first, found.end, found.name, found.size_bytes),
            *(found.how, found.unrun, found.at, found.entry, *found.job_ids),
        )
        return bool(answer)


def _result(job_id: str, flat: Sequence[bytes], output: bytes | None) -> LineResult:
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    if not fields:
        return LineResult(None)
    label = fields.get(b"li")
    return LineResult(decode_record(job_id, fields, output), None if label is None else label.decode())
