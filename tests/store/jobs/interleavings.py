"""Random interleavings of everything that happens to jobs, on real Redis, with the books audited after each step."""

from __future__ import annotations

import asyncio
from typing import Any

import redis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from store.ids import new_id
from store.jobs.back import Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission, Admitted, Replayed
from tests.store.jobs.books import TERMINAL, Books, Known
from tests.store.jobs.simulated import SimulatedWorker, pop_token

TENANTS = {"ten_a": 1, "ten_b": 2}  # concurrency
GPUS = {"ten_a": 2, "ten_b": 1}  # that they may use at once
VERSIONS = {"ver_a1": "ten_a", "ver_a2": "ten_a", "ver_b1": "ten_b", "ver_b2": "ten_b"}
VERSIONS |= {"ver_agpu1": "ten_a", "ver_bgpu1": "ten_b", "ver_bgpu2": "ten_b"}
WORKERS = 4
GPU_WORKERS = 2  # the last of them
LONG_AGO_MS = 1
ACCIDENTS = (
    *("begin_unheard", "begin_doubled", "settle_unheard", "end", "end_unheard", "fail", "crash"),
    *("silence", "heartbeat", "goodbye", "lose_turns", "turns_grow_old"),
)

any_worker = st.integers(0, WORKERS - 1)
anything = st.integers(0, 10**6)  # which job, which token: taken modulo how many there are
fates = st.lists(st.sampled_from(["succeeded", "failed", "retry", "release", "kept"]), min_size=1, max_size=4)


class Interleavings(RuleBasedStateMachine):
    """Two API processes, two tenants, four workers of which two own a GPU, and every accident between them.

    Jobs are chosen by the order of their birth: their names are random, and a run has to be repeatable.
    """

    def __init__(self, connection: redis.Redis, fronts: list[JobFront], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        connection.flushdb()
        self.redis, self.fronts, self.loop = connection, fronts, loop
        self.books = Books(connection, tenants=TENANTS, versions=VERSIONS, gpus=GPUS)
        self.tokens: dict[str, list[str]] = {}  # every turn that RQ ever handed out, by its queue
        self.owed: dict[int, list[Settlement]] = {}  # by worker: outcomes whose reply was lost
        self.born = self.born_jobs = 0
        self.workers = [self._hire(which) for which in range(WORKERS)]

    def _hire(self, which: int) -> SimulatedWorker:
        self.born += 1
        gpus = (str(which),) if which >= WORKERS - GPU_WORKERS else ()
        worker = SimulatedWorker(self.redis, f"w{self.born}", gpus=gpus)
        self.books.workers.add(worker.name)
        return worker

    def _run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    # -- the API

    @rule(
        api=st.integers(0, 1),
        version=st.sampled_from(sorted(VERSIONS)),
        count=st.integers(1, 4),
        dated=st.booleans(),
        mortal=st.booleans(),
        wait=st.booleans(),
    )
    def admit(self, api: int, version: str, count: int, dated: bool, mortal: bool, wait: bool) -> None:
        """Some jobs arrive."""
        limits = {"deadline_seconds": 3600.0 if dated else None, "cancel_after_seconds": 3600.0 if mortal else None}
        for _ in range(count):
            self._admit(self.fronts[api], version, wait=wait, **limits)

    @rule(
        version=st.sampled_from(sorted(VERSIONS)),
        size=st.integers(1, 9),
        limit=st.integers(0, 60),
        kept=st.integers(0, 9),
    )
    def admit_limited(self, version: str, size: int, limit: int, kept: int) -> None:
        """A job of a tenant with little room: taken exactly if what its jobs hold leaves room for it."""
        held, keeps = self.books.holds(VERSIONS[version])
        limits = {"queued_bytes_limit": limit, "kept_bytes_limit": kept * 512}
        admission, answer = self._ask(self.fronts[0], version, payload=b"1" * size, **limits)
        if held + size > limit:
            assert (answer.why, answer.found) == ("queued_bytes", held)
        elif keeps >= kept * 512:
            assert (answer.why, answer.found) == ("kept_bytes", keeps)
        else:
            assert isinstance(answer, Admitted), answer
            self.books.jobs[admission.job_id] = Known(admission.tenant_id, version, size)

    @rule(api=st.integers(0, 1), key=st.sampled_from(["k1", "k2"]))
    def admit_once(self, api: int, key: str) -> None:
        """A client that didn't hear the answer asks again, maybe through another process."""
        self._admit(self.fronts[api], "ver_b1", idempotency_key=key, fingerprint="f")

    def _admit(self, front: JobFront, version: str, *, wait: bool = False, **options: Any) -> None:
        self.born_jobs += 1
        payload = b"1" * (1 + self.born_jobs % 5)
        admission, answer = self._ask(front, version, wait=wait, payload=payload, **options)
        if isinstance(answer, Replayed):
            assert answer.job_id in self.books.jobs
            return
        assert isinstance(answer, Admitted)
        self.books.jobs[admission.job_id] = Known(admission.tenant_id, version, len(admission.payload))

    def _ask(self, front: JobFront, version: str, *, wait: bool = False, **options: Any) -> tuple[Admission, Any]:
        job_id = new_id("job")
        gpus = int("gpu" in version)
        if gpus:
            self.workers[-1].back.heartbeat()  # with none of its kind alive, the job is refused
        admission = Admission(
            job_id=job_id,
            tenant_id=VERSIONS[version],
            model="m",
            version_id=version,
            version_number=1,
            generation=0,
            input_kind="json",
            timeout_seconds=30.0,
            queued_limit=1000,
            requests_per_minute=6_000_000,
            concurrency=TENANTS[VERSIONS[version]],
            result_seconds=3600,
            gpus=gpus,
            gpus_limit=GPUS[VERSIONS[version]],
            **options,
        )
        answer = self._run(front.admit(admission, wait=wait))
        self._run(front._in_thread(lambda _queue, _nothing: None, None))  # what was issued has reached RQ
        return admission, answer

    @precondition(lambda self: any(not known.collected for known in self.books.jobs.values()))
    @rule(api=st.integers(0, 1), which=anything)
    def cancel(self, api: int, which: int) -> None:
        """A job is canceled, whatever state it is in; afterwards it has ended."""
        there = [job_id for job_id, known in self.books.jobs.items() if not known.collected]
        job_id = there[which % len(there)]
        record = self._run(self.fronts[api].cancel(self.books.jobs[job_id].tenant, job_id))
        assert record is not None and record.ended

    @precondition(lambda self: any(b"dl" in r for r in self.books.records.values()))
    @rule(which=anything)
    def deadline_passes(self, which: int) -> None:
        """A job's deadline is over, wherever it is."""
        dated = [i for i, r in self.books.records.items() if b"dl" in r and r[b"s"] not in TERMINAL]
        if dated:
            job_id = dated[which % len(dated)]
            self.redis.hset(f"job:{job_id}", "dl", LONG_AGO_MS)
            self.redis.zadd("deadlines", {job_id: LONG_AGO_MS}, xx=True)

    @precondition(lambda self: any(b"ca" in r for r in self.books.records.values()))
    @rule(which=anything, reaper=any_worker)
    def lifetime_is_over(self, which: int, reaper: int) -> None:
        """The moment has come to cancel a job, whatever its state; a claim or a reaper sees it first."""
        mortal = [i for i, r in self.books.records.items() if b"ca" in r and r[b"s"] not in TERMINAL]
        if mortal:
            job_id = mortal[which % len(mortal)]
            self.redis.hset(f"job:{job_id}", "ca", LONG_AGO_MS)
            self.redis.zadd("lifetimes", {job_id: LONG_AGO_MS}, xx=True)
        if which % 2:
            self.workers[reaper].back.reap()

    # -- workers

    def _work(self, which: int, fates: list[Any], *, want: int, linger: bool = False, more: bool = False) -> None:
        """What a worker does next: settle what it has and claim more; with no turn, take one first."""
        worker = self.workers[which]
        if which in self.owed:
            self._settle_again(which)
        if worker.token is None:
            worker.begin(self._next_turn(which) or "trn_unknown")
        if worker.token is not None:
            worker.settle(fates, want=want, linger=linger, more=more)

    def _next_turn(self, which: int) -> str | None:
        queue_key = self.workers[which].queue_key
        token = pop_token(self.redis, queue_key)
        if token is not None:
            self.tokens.setdefault(queue_key, []).append(token)
        return token

    @rule(which=any_worker, fates=fates, want=st.integers(1, 4), more=st.booleans())
    def work(self, which: int, fates: list[Any], want: int, more: bool) -> None:
        """A worker goes on, with some outcomes kept back."""
        self._work(which, fates, want=want, more=more)

    @rule(which=any_worker, want=st.integers(1, 4))
    def claim(self, which: int, want: int) -> None:
        """A worker claims and answers nothing yet."""
        self._work(which, ["kept"], want=want)

    @rule(which=any_worker, want=st.integers(0, 4))
    def answer(self, which: int, want: int) -> None:
        """A worker answers all it has, and lingers when nothing is left."""
        self._work(which, ["succeeded"], want=want, linger=want > 0)

    @rule(which=any_worker, want=st.integers(1, 4))
    def give_back(self, which: int, want: int) -> None:
        """A sandbox died under a worker's jobs: back with them, and on."""
        self._work(which, ["release"], want=want)

    @rule(which=any_worker)
    def hear(self, which: int) -> None:
        """A worker that lingers hears what it was handed; a job that rings unheard is found again."""
        if which not in self.owed:
            self.workers[which].listen()

    @rule(which=any_worker, some=anything)
    def answer_late(self, which: int, some: int) -> None:
        """An outcome comes under a claim of long ago: it counts if that is still the job's fence, else never."""
        worker = self.workers[which]
        running = [c for c in worker.history if self.books.state(c.job_id) == "running"]
        if claims := running or worker.history:
            late = worker.settlement(claims[some % len(claims)], "succeeded")
            worker.back.settle(
                worker.token or "trn_none", worker.version or "ver_a1", [late], want=0, empty_handed=False
            )
            worker.hand = [claim for claim in worker.hand if claim.job_id != late.claim.job_id]

    @rule(which=any_worker, some=anything)
    def print(self, which: int, some: int) -> None:
        """A call of now or of long ago says something: it is heard if its run is still the job's, and only then."""
        worker = self.workers[which]
        if worker.history:
            claim = worker.history[some % len(worker.history)]
            record = self.books.records.get(claim.job_id, {})
            current = (record.get(b"s"), record.get(b"w"), record.get(b"f"))
            heard = worker.back.printed(claim, f"{worker.name} says")
            assert heard == (current == (b"running", worker.name.encode(), claim.fence))

    # -- accidents: one rule, so that work is done between them

    @rule(what=st.sampled_from(ACCIDENTS), which=any_worker, some=anything)
    def accident(self, what: str, which: int, some: int) -> None:
        """Something goes wrong, or happens at a bad moment."""
        if which in self.owed and what != "crash":
            self._settle_again(which)
        getattr(self, f"_{what}")(which, some)

    def _begin_unheard(self, which: int, _some: int) -> None:
        """The turn has begun, the worker didn't hear it and asks again."""
        worker = self.workers[which]
        if worker.token is None and (token := self._next_turn(which)) is not None:
            worker.back.begin(token)
            worker.begin(token)

    def _begin_doubled(self, which: int, some: int) -> None:
        """RQ hands out a turn that somebody had already."""
        worker = self.workers[which]
        if worker.token is None and (tokens := self.tokens.get(worker.queue_key)):
            worker.begin(tokens[some % len(tokens)])

    def _settle_unheard(self, which: int, some: int) -> None:
        """Redis wrote and claimed, the connection broke; the worker comes again some steps later."""
        worker = self.workers[which]
        if worker.token is not None:
            self.owed[which] = worker.settle_and_lose_the_reply(["succeeded", "kept"][some % 2 :], want=some % 4)

    def _settle_again(self, which: int) -> None:
        self.workers[which].settle_again(self.owed.pop(which))

    def _end(self, which: int, some: int) -> None:
        """A turn is over, with jobs answered or handed back; the worker may go on with the one that follows."""
        self.workers[which].finish(["succeeded", "release"][some % 2 :], go_on=some % 3 > 0, in_tenure=some % 5 > 2)

    def _end_unheard(self, which: int, some: int) -> None:
        """A turn has ended and maybe another begun, the worker didn't hear it and ends it again."""
        worker = self.workers[which]
        if worker.token is not None:
            worker.back.settle(worker.token, worker.version, [], want=0)
            worker.hand = []
            worker.back.end(worker.token, go_on=True)
            worker.finish([], go_on=True)

    def _fail(self, which: int, _some: int) -> None:
        """A turn fails through a fault of ours."""
        if self.workers[which].token is not None:
            self.workers[which].fail()

    def _crash(self, which: int, some: int) -> None:
        """kill -9: its hand is lost, its name stays in the books, another process starts. Noticed at once or later."""
        self.redis.zadd("workers", {self.workers[which].name: LONG_AGO_MS}, xx=True)
        self.owed.pop(which, None)
        self.workers[which].bell.close()
        self.workers[which] = self._hire(which)
        if some % 2:
            self.workers[which].back.reap()

    def _silence(self, which: int, some: int) -> None:
        """A worker is taken for dead, and goes on."""
        self.redis.zadd("workers", {self.workers[which].name: LONG_AGO_MS}, xx=True)
        self.workers[(which + some) % WORKERS].back.reap()

    def _heartbeat(self, which: int, _some: int) -> None:
        """A worker says that it lives."""
        self.workers[which].back.heartbeat()

    def _goodbye(self, which: int, some: int) -> None:
        """A worker is stopped, with its turn ended or cut off, and replaced."""
        if some % 2:
            self._end(which, some)
        self.workers[which].back.reap(goodbye=True)
        self.workers[which].bell.close()
        self.workers[which] = self._hire(which)

    def _lose_turns(self, which: int, some: int) -> None:
        """RQ loses what it was given: one turn just taken by who died, or its whole queue."""
        while self._next_turn(which) is not None and some % 2:
            pass

    def _turns_grow_old(self, which: int, _some: int) -> None:
        """What was handed to RQ has not begun for a long time; a round of the reaper."""
        for issued in ("turns:issued", "gpu_turns:issued"):
            for token in self.redis.zrange(issued, 0, -1):  # type: ignore[union-attr]
                self.redis.zadd(issued, {token: LONG_AGO_MS})
        self.workers[which].back.reap()

    # -- what must hold

    @invariant()
    def the_books_are_right(self) -> None:
        """After every step."""
        self.books.check()

    def teardown(self) -> None:
        """Work off whatever is left: everything ends, and when it has expired nothing remains."""
        for which, worker in enumerate(self.workers):
            worker.back.heartbeat()
            if which in self.owed:
                self._settle_again(which)
            worker.finish(["kept"])
            worker.bell.close()
        self._work_off([self.workers[0], self.workers[-1]])
        self._end_batches()
        self.books.check()
        assert {self.books.state(i) for i in self.books.jobs} <= {s.decode() for s in TERMINAL}
        assert not any(self.redis.llen(worker.queue_key) for worker in self.workers)
        self.books.forget()
        self.workers[0].back.reap()
        assert self.books.left() == self._left_to_the_janitor()
        self.books.nothing_held()

    def _end_batches(self) -> None:
        """Nothing to do: there are none here."""

    def _left_to_the_janitor(self) -> set[str]:
        """No payloads either."""
        return set()

    def _work_off(self, workers: list[SimulatedWorker]) -> None:
        for _ in range(100):
            self._turns_grow_old(0, 0)
            for worker in workers:
                while (token := pop_token(self.redis, worker.queue_key)) is not None:
                    worker.begin(token)
                    if worker.token is not None:
                        worker.serve_all()
            if not any(self.redis.scard(f"{books}turns:{tenant}") for tenant in TENANTS for books in ("", "gpu_")):
                return
        raise AssertionError("turns are left that nobody can end")
