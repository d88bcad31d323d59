"""Collecting the results of a batch's lines, in their order, into segments in the blob store."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Literal

from store.batches.books import BatchBooks, Collected, Held, LineResult
from store.batches.lines import read_line
from store.batches.records import BatchRecord, results_name
from store.deliveries.due import Due
from store.errors import PayloadUnknown
from store.payloads import Payloads
from worker.batches.reader import Numbered
from worker.batches.results import render, render_unrun

STEP = 64  # lines looked at in one go
SEGMENT_LINES = 512
SEGMENT_BYTES = 4 * 2**20
SEGMENT_SECONDS = 5.0  # results wait no longer to be seen
COMPLETED = "batch.completed"


@dataclass(slots=True)
class _Segment:
    """Results on their way into one payload."""

    first: int = 0
    lines: list[bytes] = field(default_factory=list)
    job_ids: list[str] = field(default_factory=list)
    size_bytes: int = 0
    unrun: int = 0
    at: int = 0
    how: Literal["canceled", "failed", "expired"] = "canceled"
    begun: float = 0.0

    @property
    def end(self) -> int:
        return self.first + len(self.lines)

    def add(self, line: bytes) -> None:
        self.lines.append(line)
        self.size_bytes += len(line)

    @property
    def full(self) -> bool:
        return len(self.lines) >= SEGMENT_LINES or self.size_bytes >= SEGMENT_BYTES


class Collector:
    """The results of one batch. What it holds in memory is lost with it, and read again from the jobs."""

    def __init__(self, books: BatchBooks, payloads: Payloads, held: Held, *, public_url: str = "") -> None:
        self._books = books
        self._payloads = payloads
        self._held = held
        self._public_url = public_url
        self._segment = _Segment()

    def first_missing(self, record: BatchRecord) -> int:
        """The first line whose result is neither noted nor in hand."""
        if self._segment.first != record.done:
            self._segment = _Segment(first=record.done)
        return self._segment.end

    async def gather(self, record: BatchRecord) -> bool:
        """Take the results of lines that have ended, as far as there is no gap; whether there were any."""
        begin = self.first_missing(record)
        while not self._segment.full and self._segment.end < min(record.next, begin + SEGMENT_LINES):
            first = self._segment.end
            indexes = range(first, min(record.next, first + STEP))
            found = await self._books.results([record.job_id(index) for index in indexes])
            for index, result in zip(indexes, found, strict=True):
                if result.job is not None and not result.job.ended:
                    return self._segment.end > begin
                await self._add(record, index, result)
                if self._segment.full:
                    break
        return self._segment.end > begin

    def add_unrun(self, line: Numbered, *, how: Literal["canceled", "failed", "expired"], why: str) -> bool:
        """Take a line that will never be a job; False when the segment has to be written first."""
        if self._segment.full or (self._segment.unrun and self._segment.how != how):
            return False
        self._begin()
        self._segment.how = how
        self._segment.unrun += 1
        self._segment.at = line.end
        self._segment.add(render_unrun(line.index, read_line(line.raw).id, how=how, why=why))
        return True

    async def write(self, record: BatchRecord, *, now: bool) -> bool:
        """Write what is in hand where it is due, and note it; whether that was done."""
        segment = self._segment
        due = now or segment.full or segment.end == record.total
        if not segment.lines or not (due or time.monotonic() - segment.begun > SEGMENT_SECONDS):
            return False
        name = results_name(record.id, first=segment.first, fence=self._held.fence)
        await asyncio.to_thread(self._payloads.write, name, b"".join(segment.lines))
        found = Collected(
            name,
            segment.size_bytes,
            first=segment.first,
            end=segment.end,
            job_ids=segment.job_ids,
            unrun=segment.unrun,
            at=segment.at,
            how=segment.how,
            entry=await self._entry(record) if segment.end == record.total else b"",
        )
        await self._books.collect(self._held, found)
        self._segment = _Segment(first=segment.end)
        return True

    async def _add(self, record: BatchRecord, index: int, result: LineResult) -> None:
        job, output = result.job, None if result.job is None else result.job.output
        if job is not None and job.output_stored is not None:
            try:
                output = await asyncio.to_thread(self._payloads.read, job.output_stored.name)
            except PayloadUnknown:
                job = None
        self._begin()
        self._segment.job_ids.append(record.job_id(index))
        self._segment.add(render(index, result.label, job, output))

    def _begin(self) -> None:
        if not self._segment.lines:
            self._segment.begun = time.monotonic()

    async def _entry(self, record: BatchRecord) -> bytes:
        """What the couriers are told of the batch's end, if anybody listens then."""
        record = await self._books.read(record.id) or record  # every line has ended: these are the last numbers
        at_ms = int(time.time() * 1000)
        data = self._data(record, canceling=record.state == "canceling")
        due = Due(record.id, event=COMPLETED, tenant_id=record.tenant_id, at_ms=at_ms, url=record.webhook, data=data)
        return due.encode()

    def _data(self, record: BatchRecord, *, canceling: bool) -> dict[str, object]:
        own = f"{self._public_url.rstrip('/')}/v1/batches/{record.id}"
        unrun = {self._segment.how: self._segment.unrun}
        return {
            "id": record.id,
            "model": record.model,
            "version": record.version_number,
            "status": "canceled" if canceling else "completed",
            "total": record.total,
            "succeeded": record.succeeded,
            "failed": record.failed + unrun.get("failed", 0),
            "canceled": record.canceled + unrun.get("canceled", 0),
            "expired": record.expired + unrun.get("expired", 0),
            "urls": {"self": own, "results": f"{own}/results"},
        }
