"""One batch in a pump's hands: its next lines go into the queue, its results into the blob store, until it ends."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from store.batches.books import Held
from store.batches.lines import Line, read_line
from store.batches.records import BatchRecord, lines_name
from store.catalog import Catalog
from store.errors import StoreError
from store.jobs.front import JobFront
from store.jobs.records import Refused
from store.payloads import Payloads, input_name
from worker.batches.collector import Collector
from worker.batches.conditions import Conditions, admission, look_up
from worker.batches.headroom import Headroom
from worker.batches.reader import LineReader, Numbered
from worker.batches.window import Window

log = structlog.get_logger()

UNCOLLECTED_MOST = 1024  # lines admitted whose results are not noted yet: what a slow one at the front may hold up
AT_ONCE = 128  # lines admitted in one write
HOLD_SECONDS = 1.0
QUICK_SECONDS = 0.02  # between steps while something moves
SLOW_SECONDS = 0.25  # at most, while nothing does
FAULT_SECONDS = 0.5
WAIT_SECONDS = 1.0  # before a quota that stood in the way is tried again
UNRUN_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Stores:
    """What a pump works with. Lines larger than ``inline_bytes`` go to the blob store."""

    front: JobFront
    catalog: Catalog
    payloads: Payloads
    headroom: Headroom
    inline_bytes: int
    engine_limit: int = 0  # of all tenants' queued jobs; 0: no limit
    public_url: str = ""


class Feeder:
    """Whatever happens to it, the next one goes on where Redis says the batch stands; nothing is lost or doubled.

    Each step is a script that compares the fence; a line's job has an id of its own, made from batch and number.
    """

    def __init__(self, stores: Stores, held: Held) -> None:
        self._stores = stores
        self._held = held
        self._books = stores.front.books
        self._collector = Collector(self._books, stores.payloads, held, public_url=stores.public_url)
        self._window = Window()
        self._ready: deque[Numbered] = deque()
        self._reader: LineReader | None = None
        self._conditions: Conditions | None = None
        self._waits_for = ""
        self._waits_until = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Feed until the batch has ended, belongs to another, or ``stop``. Survives its stores going away."""
        loop = asyncio.get_running_loop()
        pause, holds_at = QUICK_SECONDS, 0.0
        while not stop.is_set():
            try:
                if loop.time() >= holds_at:
                    if not await self._books.hold(self._held, waits_for=self._waits_for):
                        return
                    holds_at = loop.time() + HOLD_SECONDS
                moved = await self._step()
                if moved is None:
                    return
                pause = QUICK_SECONDS if moved else min(SLOW_SECONDS, pause * 1.5)
            except StoreError as exc:
                log.warning("pump_waits", batch_id=self._held.batch_id, code=exc.code, error=str(exc))
                pause = FAULT_SECONDS
            await asyncio.sleep(pause)
        await self._books.let_go(self._held)

    async def _step(self) -> bool | None:
        """One look at the batch; whether anything moved. None when there is nothing more to do."""
        record = await self._books.read(self._held.batch_id)
        if record is None or record.fence != self._held.fence or record.ended:
            return None
        self._window.note(record.lines_ended, now=asyncio.get_running_loop().time())
        if record.state == "running" and 0 < record.cancel_ms <= _now_ms():
            await self._stores.front.batches.cancel(record.tenant_id, record.id)
            return True
        late = _late(record)  # once: what is admitted in this step is not in the record in hand
        if record.state == "canceling":
            await self._cancel(record)
            admitted = False
        elif late:
            admitted = False  # what is queued expires by itself, the rest below
        else:
            admitted = await self._admit(record)
        return await self._collect(record, late=late) or admitted

    # Admitting

    async def _admit(self, record: BatchRecord) -> bool:
        loop = asyncio.get_running_loop()
        room = min(self._window.size - record.open, UNCOLLECTED_MOST - (record.next - record.done))
        if record.next >= record.total or room < max(1, self._window.size // 4) or loop.time() < self._waits_until:
            return False
        conditions = await self._current(record)
        if conditions.refused:
            return False
        if conditions.waits_for:
            self._conditions = None
        # As the API does with single jobs: what is left of memory and disk belongs to what was accepted.
        if waits_for := conditions.waits_for or await self._stores.headroom.full():
            self._wait(waits_for, WAIT_SECONDS)
            return False
        lines = await self._lines(record, min(room, AT_ONCE))
        return await self._admit_lines(record, conditions, lines)

    async def _current(self, record: BatchRecord) -> Conditions:
        """Asked again whenever an admission says that the tenant has changed."""
        if self._conditions is None:
            generation = await self._stores.front.generation(record.tenant_id)
            self._conditions = await asyncio.to_thread(look_up, self._stores.catalog, record, generation=generation)
        return self._conditions

    async def _lines(self, record: BatchRecord, count: int) -> Sequence[Numbered]:
        """The next lines, the batch's own place being the truth."""
        if self._reader is None or (self._ready and self._ready[0].index != record.next):
            self._ready.clear()
            self._reader = LineReader(self._stores.payloads, lines_name(record.id), first=record.next, at=record.at)
        missing = min(count, record.total - record.next) - len(self._ready)
        if missing > 0:
            self._ready += await asyncio.to_thread(self._reader.take, missing)
        return list(self._ready)[:count]

    async def _admit_lines(self, record: BatchRecord, conditions: Conditions, lines: Sequence[Numbered]) -> bool:
        """Hand them in one after the other, in one write; what follows a refused one is out of turn."""
        answers = await asyncio.gather(*[self._admit_line(record, conditions, line) for line in lines])
        for answer in answers:
            if answer != "ok":
                self._refused(answer)
                break
            self._ready.popleft()
            self._waits_for = ""
        return bool(answers) and answers[0] == "ok"

    async def _admit_line(self, record: BatchRecord, conditions: Conditions, numbered: Numbered) -> str | Refused:
        line: Line = read_line(numbered.raw)
        payload, input_bytes = line.payload, None
        if len(payload) > self._stores.inline_bytes:
            name = input_name(record.job_id(numbered.index))
            await asyncio.to_thread(self._stores.payloads.write, name, payload)
            payload, input_bytes = b"", len(payload)
        wanted = admission(
            record,
            conditions,
            index=numbered.index,
            payload=payload,
            input_bytes=input_bytes,
            engine_limit=self._stores.engine_limit,
            now_ms=_now_ms(),
        )
        return await self._stores.front.admit_line(
            wanted, self._held, index=numbered.index, at=numbered.end, label=line.id
        )

    def _refused(self, answer: str | Refused) -> None:
        if not isinstance(answer, Refused):  # gone, or out of turn: the next look says what is true
            self._reader = None
        elif answer.why == "stale":
            self._conditions = None
        else:
            seconds = answer.found / 1e6 if answer.why == "rate" else WAIT_SECONDS
            self._wait(answer.why, min(max(seconds, QUICK_SECONDS), 10 * WAIT_SECONDS))

    def _wait(self, why: str, seconds: float) -> None:
        self._waits_for = why
        self._waits_until = asyncio.get_running_loop().time() + seconds

    # Ending

    async def _cancel(self, record: BatchRecord) -> None:
        """Whatever of it is queued or running ends now; those that have ended don't mind."""
        first = self._collector.first_missing(record)
        ids = [record.job_id(index) for index in range(first, record.next)]
        await asyncio.gather(*[self._stores.front.cancel(record.tenant_id, job_id) for job_id in ids])

    async def _collect(self, record: BatchRecord, *, late: bool) -> bool:
        moved = False
        if record.lines_ended > self._collector.first_missing(record):
            moved = await self._collector.gather(record)
        if self._collector.first_missing(record) >= record.next and record.next < record.total:
            moved = await self._give_up(record, late=late) or moved
        crowded = record.next - record.done >= UNCOLLECTED_MOST
        return await self._collector.write(record, now=crowded) or moved

    async def _give_up(self, record: BatchRecord, *, late: bool) -> bool:
        """Lines that will never be jobs end here, some at a time: canceled, too late, or without their version."""
        refused = self._conditions.refused if self._conditions is not None else ""
        how: Literal["canceled", "failed", "expired"]
        if record.state == "canceling":
            how = "canceled"
        elif late:
            how = "expired"
        elif refused:
            how = "failed"
        else:
            return False
        first = self._collector.first_missing(record)
        if first > record.next:
            return False  # those in hand have to be written before the next ones are read
        reader = LineReader(self._stores.payloads, lines_name(record.id), first=record.next, at=record.at)
        self._reader = None
        self._ready.clear()
        for line in await asyncio.to_thread(reader.take, UNRUN_AT_ONCE):
            if not self._collector.add_unrun(line, how=how, why=refused):
                break
        return True


def _late(record: BatchRecord) -> bool:
    """Whether its deadline has passed: no line begins any more."""
    return 0 < record.deadline_ms <= _now_ms()


def _now_ms() -> int:
    return int(time.time() * 1000)
