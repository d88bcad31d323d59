"""The same interleavings with batches among the jobs: two pumps feed and collect them, and each may fall silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import redis
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from store.batches.desk import BatchOrder, Opened
from store.batches.records import lines_name
from store.ids import new_id
from store.jobs.front import JobFront
from store.jobs.records import Admission
from store.payloads.names import input_name
from tests.store.jobs.interleavings import GPUS, LONG_AGO_MS, TENANTS, VERSIONS, Interleavings, anything
from tests.store.jobs.pumping import LINE_BYTES, KnownBatch, SimulatedPump, check

PUMPS = 2
any_pump = st.integers(0, PUMPS - 1)
Step = Callable[[SimulatedPump, KnownBatch], Any]


class BatchInterleavings(Interleavings):
    """A line is a job like any other: whatever happens to jobs happens to lines as well."""

    def __init__(self, connection: redis.Redis, fronts: list[JobFront], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(connection, fronts, loop)
        self.batches: list[KnownBatch] = []
        self.pumps = [SimulatedPump(front, self.books) for front in fronts]

    @rule(version=st.sampled_from(sorted(VERSIONS)), total=st.integers(1, 6), large=st.frozensets(st.integers(0, 5)))
    def open_batch(self, version: str, total: int, large: frozenset[int]) -> None:
        """A batch arrives, its lines already in the blob store; the ``large`` ones will not fit into Redis."""
        batch = KnownBatch(new_id("bat"), VERSIONS[version], version, total, large)
        order = BatchOrder(
            batch.batch_id,
            batch.tenant,
            model="m",
            version_id=version,
            version_number=1,
            generation=0,
            total=total,
            timeout_seconds=30.0,
            result_seconds=3600,
            batches_limit=100,
        )
        opened = self._run(self.fronts[0].batches.open(order))
        assert isinstance(opened, Opened) and opened.batch_id == batch.batch_id
        assert opened.standing.batches == 100 - self.books.batches_open[batch.tenant] - 1
        self.batches.append(batch)
        self.books.batches_open[batch.tenant] += 1

    @rule(which=any_pump, room=st.integers(1, 3))
    def take(self, which: int, room: int) -> None:
        """A pump takes what nobody holds."""
        self._run(self.pumps[which].take(room))

    @precondition(lambda self: any(pump.held for pump in self.pumps))
    @rule(which=any_pump, some=anything, count=st.integers(1, 3), repeated=st.booleans())
    def feed(self, which: int, some: int, count: int, repeated: bool) -> None:
        """The next lines are admitted, each heard of or tried again; by who holds the batch, or did."""
        for _ in range(count):
            self._step(which, some, lambda pump, batch: pump.feed(batch, self._line(batch), repeated=repeated))

    @precondition(lambda self: any(pump.held for pump in self.pumps))
    @rule(which=any_pump, some=anything, most=st.integers(1, 6), repeated=st.booleans())
    def collect(self, which: int, some: int, most: int, repeated: bool) -> None:
        """Results are noted, once or, the answer being lost, twice; by who holds the batch, or did."""
        self._step(which, some, lambda pump, batch: pump.collect(batch, most=most, repeated=repeated))

    @precondition(lambda self: any(pump.held for pump in self.pumps))
    @rule(which=any_pump, some=anything)
    def cancel_lines(self, which: int, some: int) -> None:
        """A pump sees that a batch was canceled, perhaps one that is another's by now: its lines end."""
        self._step(which, some, SimulatedPump.cancel_lines)

    @precondition(lambda self: self.batches)
    @rule(some=anything, which=any_pump)
    def fall_silent(self, some: int, which: int) -> None:
        """A pump that holds a batch is not heard of, and another takes it; it may go on all the same, or be gone."""
        batch = self.batches[some % len(self.batches)]
        self.redis.zadd("batches:open", {batch.batch_id: LONG_AGO_MS}, xx=True)
        if some % 3 == 0:
            self.pumps[which] = SimulatedPump(self.fronts[which], self.books)
        if some % 2:
            self._run(self.pumps[which].take(3))

    @precondition(lambda self: self.batches)
    @rule(some=anything)
    def cancel_batch(self, some: int) -> None:
        """The tenant asks for a batch's end, whatever state it is in; a stranger can't."""
        batch = self.batches[some % len(self.batches)]
        stranger = next(tenant for tenant in TENANTS if tenant != batch.tenant)
        assert self._run(self.fronts[0].batches.cancel(stranger, batch.batch_id)) == ""
        before = self._run(self.fronts[0].batches.cancel(batch.tenant, batch.batch_id))
        batch.canceled = batch.canceled or before == "running"

    @invariant()
    def the_lines_have_one_outcome_each(self) -> None:
        """After every step and the books, invariants going by name; nothing is missing between noted and under way."""
        for batch in self.batches:
            record = self._run(self.fronts[0].books.read(batch.batch_id))
            check(self.books, batch, record, self._run(self.fronts[0].batches.segments(batch.batch_id)))
        open_ones = {member.decode() for member in self.redis.zrange("batches:open", 0, -1)}  # type: ignore[union-attr]
        assert open_ones == {batch.batch_id for batch in self.batches if len(batch.answered) < batch.total}

    def _step(self, which: int, some: int, step: Step) -> None:
        pump = self.pumps[which]
        held = [batch for batch in self.batches if batch.batch_id in pump.held]
        if held:
            self._run(step(pump, held[some % len(held)]))
            self.books.check()

    def _line(self, batch: KnownBatch) -> Admission:
        record = self._run(self.fronts[0].books.read(batch.batch_id))
        index, gpus = min(record.next, batch.total - 1), int("gpu" in batch.version)
        if gpus:
            self.workers[-1].back.heartbeat()  # with none of its kind alive, the line is refused
        large = index in batch.large
        return Admission(
            job_id=record.job_id(index),
            tenant_id=batch.tenant,
            model="m",
            version_id=batch.version,
            version_number=1,
            generation=0,
            input_kind="json",
            payload=b"" if large else b"1" * (LINE_BYTES - 1),
            input_bytes=LINE_BYTES - 1 if large else None,
            timeout_seconds=30.0,
            queued_limit=1000,
            requests_per_minute=6_000_000,
            concurrency=TENANTS[batch.tenant],
            result_seconds=3600,
            gpus=gpus,
            gpus_limit=GPUS[batch.tenant],
        )

    def _end_batches(self) -> None:
        """The pumps go on until every batch has ended, with a worker that serves what they feed."""
        for _ in range(20):
            pump = SimulatedPump(self.fronts[0], self.books)
            for batch in self.batches:
                self.redis.zadd("batches:open", {batch.batch_id: LONG_AGO_MS}, xx=True)
            self._run(pump.take(100))
            for batch in self.batches:
                if batch.batch_id in pump.held:
                    self._run(pump.cancel_lines(batch))
                    self._run(pump.feed(batch, self._line(batch), repeated=False))
            self._work_off([self.workers[0], self.workers[-1]])
            self.books.check()
            self._come_late()
            for batch in self.batches:
                if batch.batch_id in pump.held:
                    self._run(pump.collect(batch, most=6, repeated=True))
            self.books.check()
            self.the_lines_have_one_outcome_each()
        assert all(len(batch.answered) == batch.total for batch in self.batches)

    def _come_late(self) -> None:
        """Pumps from which every batch was taken go on all the same, and change nothing."""
        for pump in self.pumps:
            for batch in self.batches:
                if batch.batch_id in pump.held:
                    assert self._run(pump.collect(batch, most=6, repeated=False)) == 0
                    self._run(pump.feed(batch, self._line(batch), repeated=False))

    def _left_to_the_janitor(self) -> set[str]:
        """The lines, their inputs that were large, and the results of every batch, and nothing else."""
        self.books.batches_keep.clear()
        doomed = {name.decode() for name in self.redis.zrange("payloads:doomed", 0, -1)}  # type: ignore[union-attr]
        names = {name for batch in self.batches for name, _ in batch.noted}
        names |= {input_name(job_id) for job_id, known in self.books.jobs.items() if known.stored}
        assert doomed == names | {lines_name(batch.batch_id) for batch in self.batches}
        return {"payloads:doomed"} if self.batches else set()
