"""A thousand tenants and a few workers on the real scripts, with simulated time: who is served when, in what order.

Workers do what ``worker/turns.py`` does: claim batches, give way to others by tenure and slice, linger never.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import redis

from store.ids import new_id
from store.jobs.back import Claim, JobBack, Settled, Settlement
from store.jobs.front import JobFront
from store.jobs.records import Admission
from store.jobs.scripts import script
from store.jobs.turns import TURNS_QUEUE_KEY
from worker.batch import MOST_CALLS, TARGET_SECONDS

SLICE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Served:
    """One job's life in simulated seconds."""

    tenant: str
    version: str
    admitted: float
    ended: float
    seconds: float  # in its sandbox


@dataclass
class Crowd:
    """Tenants that submit, and workers that take turns, on one Redis. ``run`` lets simulated time pass."""

    redis: redis.Redis
    workers: int
    seconds: dict[str, float]  # by version: how long a call takes
    concurrency: int = 2
    now: float = 0.0
    served: list[Served] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._front = JobFront("unix:///unused")  # its arguments, not its connection
        self._admit = script("admit")
        self.redis.script_load(self._admit.text)
        self._waiting: deque[str] = deque()  # RQ's queue, without RQ
        self._idle: list[_Worker] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._admitted: dict[str, tuple[str, str, float]] = {}
        self._workers = [_Worker(self, f"w{number}") for number in range(self.workers)]
        for worker in self._workers:
            worker.back.heartbeat()
            self._idle.append(worker)

    def submit(self, tenant: str, version: str, count: int = 1) -> None:
        """Jobs of a version, now."""
        pipe = self.redis.pipeline(transaction=False)
        ids = [new_id("job") for _ in range(count)]
        for job_id in ids:
            pipe.evalsha(self._admit.sha1, 0, *self._arguments(job_id, tenant, version))
        for job_id, answer in zip(ids, pipe.execute(), strict=True):
            assert answer[0] == b"ok", answer
            self._admitted[job_id] = (tenant, version, self.now)
            self.issued(answer[5:])

    def at(self, when: float, what: Callable[[], None]) -> None:
        """Let something happen later."""
        heapq.heappush(self._events, (when, next(self._order), what))

    def run(self, until: float) -> None:
        """Let time pass."""
        self._hand_out()
        while self._events and self._events[0][0] <= until:
            self.now, _, what = heapq.heappop(self._events)
            what()
            self._hand_out()
        self.now = until

    def issued(self, turns: Sequence[bytes]) -> None:
        """Turns for RQ: a list in Redis, because the scripts look at how long it is."""
        for token in turns[1::2]:
            self._waiting.append(token.decode())
            self.redis.rpush(TURNS_QUEUE_KEY, token)

    def free(self, worker: _Worker) -> None:
        """A worker has no turn."""
        self._idle.append(worker)

    def ended(self, claim: Claim, seconds: float) -> None:
        """Note an outcome."""
        tenant, version, admitted = self._admitted.pop(claim.job_id)
        self.served.append(Served(tenant, version, admitted, self.now, seconds))

    def shares(self) -> Counter[str]:
        """Seconds in sandboxes by tenant."""
        total: Counter[str] = Counter()
        for each in self.served:
            total[each.tenant] += each.seconds  # type: ignore[assignment]  # seconds, not counts
        return total

    def waits(self, tenant: str) -> Iterator[float]:
        """From admission to end, of a tenant's jobs."""
        return (each.ended - each.admitted for each in self.served if each.tenant == tenant)

    def _hand_out(self) -> None:
        while self._idle and self._waiting:
            token = self._waiting.popleft()
            self.redis.lpop(TURNS_QUEUE_KEY)
            self._idle.pop(0).begin(token)

    def _arguments(self, job_id: str, tenant: str, version: str) -> tuple[str | bytes | int | float, ...]:
        admission = Admission(
            job_id=job_id,
            tenant_id=tenant,
            model="m",
            version_id=version,
            version_number=1,
            generation=0,
            input_kind="json",
            payload=b"1",
            timeout_seconds=30.0,
            queued_limit=10**9,
            requests_per_minute=10**9,
            concurrency=self.concurrency,
            result_seconds=60,
        )
        return self._front._admit_arguments(admission, wait=False)


class _Worker:
    """One worker's loop, a step for each settlement."""

    def __init__(self, crowd: Crowd, name: str) -> None:
        self._crowd = crowd
        self.back = _Back(crowd, name)
        self._token = self._version = self._tenant = ""
        self._tenure = 0.0
        self._slice = 0.0
        self._done: list[Settlement] = []

    def begin(self, token: str) -> None:
        begun = self.back.begin(token)
        if begun is None:
            self._crowd.free(self)
            return
        self._take(token, *begun)

    def _take(self, token: str, version: str, tenant: str) -> None:
        if tenant != self._tenant:
            self._tenure = 0.0
        self._token, self._version, self._tenant, self._slice = token, version, tenant, 0.0
        self._step(None)

    def _step(self, seen: Settled | None) -> None:
        settled = self.back.settle(self._token, self._version, self._done, want=self._wanted(seen))
        self._done = []
        if not settled.claims:
            self._end()
            return
        each = self._crowd.seconds[self._version]
        spent = each * len(settled.claims)
        self._tenure += spent
        self._slice += spent

        def over() -> None:
            self._done = [Settlement(claim, "succeeded", each, output=b"1") for claim in settled.claims]
            for claim in settled.claims:
                self._crowd.ended(claim, each)
            self._step(settled)

        self._crowd.at(self._crowd.now + spent, over)

    def _wanted(self, seen: Settled | None) -> int:
        batch = max(1, min(MOST_CALLS, int(TARGET_SECONDS / self._crowd.seconds[self._version])))
        if seen is None or not seen.others_waiting:
            return batch
        of_others = seen.others_waiting > seen.own_waiting and self._tenure > SLICE_SECONDS
        of_own = seen.own_waiting > 0 and self._slice > SLICE_SECONDS
        return 0 if of_others or of_own else batch

    def _end(self) -> None:
        following = self.back.end(self._token, go_on=True, in_tenure=self._tenure < SLICE_SECONDS)
        if following is None:
            self._crowd.free(self)
        else:
            self._take(*following)


class _Back(JobBack):
    """The worker's side of the store; the turns it issues go to the crowd."""

    def __init__(self, crowd: Crowd, name: str) -> None:
        super().__init__(crowd.redis, worker=name)
        self._crowd = crowd

    def _issue(self, issued: Sequence[Any], *, first: bool = False) -> int:
        self._crowd.issued(issued)
        return len(issued) // 2
