"""A pump as the job store sees it, steered step by step, and what is known of each batch."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from store.batches.books import Collected, Held
from store.batches.records import BatchRecord, line_job_id, results_name
from store.jobs.front import JobFront
from store.jobs.records import Admission
from tests.store.jobs.books import Books, Known

LINE_BYTES = 10  # of each, its end included
RESULT_BYTES = 7


@dataclass
class KnownBatch:
    """A batch that was opened, and every segment of results that was noted: its name and the lines' ends."""

    batch_id: str
    tenant: str
    version: str
    total: int
    large: frozenset[int] = frozenset()  # the lines whose input is in the blob store
    noted: list[tuple[str, list[bytes]]] = field(default_factory=list)
    canceled: bool = False

    @property
    def answered(self) -> list[bytes]:
        """The ends of its lines, as far as they are noted."""
        return [end for _, ends in self.noted for end in ends]


class SimulatedPump:
    """One pump between two steps. It knows what it holds, and nothing else: the batch says where it stands."""

    def __init__(self, front: JobFront, books: Books) -> None:
        self.front, self.books = front, books
        self.held: dict[str, Held] = {}

    async def take(self, room: int) -> None:
        """Whatever nobody holds."""
        for held in await self.front.books.take(room=room):
            assert held.fence > self.held.get(held.batch_id, Held("", 0)).fence
            self.held[held.batch_id] = held

    async def feed(self, batch: KnownBatch, admission: Admission, *, repeated: bool) -> None:
        """Admit the next line; again, as if the answer had not been heard. Only who holds the batch can."""
        held = self.held[batch.batch_id]
        record = await self._read(batch)
        if record.next >= batch.total:
            return
        index, right = record.next, record.fence == held.fence and record.state == "running"
        for attempt in range(1 + repeated):
            place = {"index": index, "at": (index + 1) * LINE_BYTES, "label": f"line {index}"}
            answer = await self.front.admit_line(admission, held, **place)  # type: ignore[arg-type]
            assert answer == (("out_of_turn" if attempt else "ok") if right else "gone"), (answer, record)
        await asyncio.sleep(0)
        await self.front._in_thread(lambda _queue, _nothing: None, None)  # what was issued has reached RQ
        if right:
            stored = admission.input_bytes is not None
            self.books.jobs[admission.job_id] = Known(batch.tenant, batch.version, LINE_BYTES - 1, stored=stored)

    async def cancel_lines(self, batch: KnownBatch) -> None:
        """What a pump does that sees a batch to be canceled: its lines under way end now."""
        record = await self._read(batch)
        if record.state == "canceling":
            for index in range(record.done, record.next):
                await self.front.cancel(batch.tenant, record.job_id(index))

    async def collect(self, batch: KnownBatch, *, most: int, repeated: bool) -> int:
        """Note the results of lines that have ended, in order, then of those that never will be jobs; how many."""
        held = self.held[batch.batch_id]
        record = await self._read(batch)
        ends, job_ids = await self._ended(record, most)
        first, unrun = record.done, 0
        if record.state == "canceling" and first + len(ends) == record.next:
            unrun = min(most - len(ends), batch.total - record.next)
        if not ends and not unrun:
            return 0
        last = first + len(ends) + unrun
        name = results_name(batch.batch_id, first=first, fence=held.fence)
        at = last * LINE_BYTES if unrun else 0
        found = Collected(name, RESULT_BYTES * (last - first), first, last, job_ids, unrun=unrun, at=at)
        right = record.fence == held.fence and not record.ended
        for attempt in range(1 + repeated):
            # Once it has ended, a repetition is of no batch that anybody holds.
            assert await self.front.books.collect(held, found) == (right and not attempt), (record, found)
        if right:
            self._noted(batch, found, ends + [b"canceled"] * unrun)
        return last - first if right else 0

    async def _read(self, batch: KnownBatch) -> BatchRecord:
        record = await self.front.books.read(batch.batch_id)
        assert record is not None
        return record

    async def _ended(self, record: BatchRecord, most: int) -> tuple[list[bytes], list[str]]:
        job_ids = [record.job_id(index) for index in range(record.done, min(record.next, record.done + most))]
        ends: list[bytes] = []
        for index, line in enumerate(await self.front.books.results(job_ids)):
            assert line.job is not None, f"{job_ids[index]} is lost"
            assert line.label == f"line {record.done + index}"
            if not line.job.ended:
                break
            ends.append(line.job.state.encode())
        return ends, job_ids[: len(ends)]

    def _noted(self, batch: KnownBatch, found: Collected, ends: list[bytes]) -> None:
        batch.noted.append((found.name, ends))
        self.books.batches_keep[batch.tenant] += found.size_bytes
        for job_id in found.job_ids:
            self.books.jobs[job_id].collected = True
        if len(batch.answered) == batch.total:
            self.books.batches_open[batch.tenant] -= 1


def check(books: Books, batch: KnownBatch, record: BatchRecord, segments: list[Any]) -> None:
    """Each line has one outcome at the most, noted in its place; the batch's numbers are those of its lines."""
    answered = batch.answered
    jobs = {
        n: line_job_id(batch.batch_id, n) for n in range(batch.total) if line_job_id(batch.batch_id, n) in books.jobs
    }
    assert record.done == len(answered) and record.done <= record.next <= batch.total
    assert [segment.name for segment in segments] == [name for name, _ in batch.noted]
    assert [n for segment in segments for n in range(segment.first, segment.end)] == list(range(record.done))
    for index, end in enumerate(answered):
        known = books.jobs[jobs[index]].end[b"s"] if index in jobs else b"canceled"
        assert end == known, f"line {index} of {batch.batch_id} is noted as {end!r} and ended as {known!r}"
    ends = Counter(books.jobs[job_id].end.get(b"s", b"") for job_id in jobs.values()) - Counter({b"": batch.total})
    ends[b"canceled"] += sum(1 for index in range(record.done) if index not in jobs)
    counts = {"succeeded": record.succeeded, "failed": record.failed, "canceled": record.canceled}
    assert counts == {name: ends[name.encode()] for name in counts}
    assert set(range(record.done, record.next)) <= jobs.keys(), "a line that is under way is no job"
    right = {"running", "completed"} if not batch.canceled else {"canceling", "canceled"}
    assert record.state in right and record.ended == (record.done == batch.total)
