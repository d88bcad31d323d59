"""Rounds of faults under load, and the account of what became of every promise."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.breakage import FAULTS
from tests.faults.stand import Stand
from tests.faults.traffic import TERMINAL, Accepted, Tenant, Traffic

JOBS_EACH = 80  # a tenant and round
LOOK_SECONDS = 20  # how long one look at a job waits for its end


@dataclass(frozen=True, slots=True)
class Round:
    """One fault: the time until a job submitted after it was answered, and until all accepted before had ended."""

    fault: str
    first_answer_seconds: float
    all_ended_seconds: float


@dataclass
class Account:
    """What the rounds add up to. ``wrong`` tells in words what should not be."""

    rounds: list[Round] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    run_again: int = 0  # jobs that were started more than once
    ended: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def slowest(self) -> Round | None:
        """The round whose first answer took longest."""
        return max(self.rounds, key=lambda r: r.first_answer_seconds, default=None)


class Matrix:
    """Breaks one stand again and again. ``run`` may be called with any faults in any order."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._loud = [Tenant.create(stand.engine, "anna"), Tenant.create(stand.engine, "bert")]
        self._probing = [tenant.twin(stand.engine) for tenant in self._loud]
        self._tenants = [*self._loud, *self._probing]
        self.account = Account()

    def run(self, faults: Sequence[str]) -> Account:
        """A round for each fault, then the audit."""
        for fault in faults:
            self.account.rounds.append(self._round(fault))
        self._audit()
        return self.account

    def _round(self, name: str) -> Round:
        """Load, a fault at a random moment of it, repair, and nothing left undone."""
        with Traffic(self._loud, jobs_each=JOBS_EACH):
            time.sleep(self._stand.random.uniform(0.1, 1.2))
            FAULTS[name](self._stand)
            broken = time.monotonic()
            mending = threading.Thread(target=self._stand.mend, name="mend")
            mending.start()
            try:
                self._probe(self._stand.random.choice(self._probing))
                first = time.monotonic() - broken
            finally:
                mending.join()
        promises = [p for tenant in self._tenants for p in tenant.accepted if p.ended is None]
        self._settle(promises, name)
        self._say_counters(name)
        self.account.wrong += [f"{name}: `make up` failed: {said}" for said in self._stand.unmended]
        self._stand.unmended.clear()
        return Round(name, first, time.monotonic() - broken)

    def _probe(self, tenant: Tenant) -> None:
        """One job, from asking for it to its end."""
        job = tenant.submit(tenant.echo, wait=LOOK_SECONDS)
        while job["status"] not in TERMINAL:
            job = tenant.job(job["id"], wait=LOOK_SECONDS)

    def _settle(self, promises: list[Accepted], fault: str) -> None:
        """Every promise is kept: ended, with its own input as its output."""
        for promise in promises:
            job = _ended(promise)
            if job is None:
                self.account.lost += 1
                self._say(fault, promise, "has not ended")
                continue
            promise.ended = job
            self.account.run_again += job["attempts"] > 1
            error = (job["error"] or {}).get("type")
            self.account.ended[job["status"] + (f": {error}" if error else "")] += 1
            if (job["status"], job["output"]) != ("succeeded", promise.value):
                self._say(fault, promise, f"ended as {job['status']} {job['output']!r} {job['error']}")

    def _say(self, fault: str, promise: Accepted, what: str) -> None:
        record = self._stand.redis.hgetall(f"job:{promise.job_id}")
        self.account.wrong.append(f"{fault}: {promise.job_id} ({promise.value}) {what}; {record}")

    def _say_counters(self, fault: str) -> None:
        """With all ended the counters are zero, and each admission has one end."""
        stats = {name.decode(): int(value) for name, value in self._stand.redis.hgetall("stats").items()}  # type: ignore[union-attr]
        ends = sum(value for name, value in stats.items() if name.startswith("ended:"))
        loads = [self._stand.redis.hmget(f"load:{tenant.id}", "queued", "running") for tenant in self._tenants]
        moving = [stats.get("queued", 0), stats.get("running", 0), *(int(v or 0) for load in loads for v in load)]  # type: ignore[union-attr]
        if any(moving) or ends != stats["admitted"]:
            self.account.wrong.append(f"{fault}: the counters say {stats}, {loads}, with everything ended")

    def _audit(self) -> None:
        """Once more over everything ever accepted: one end each, still the same; no job that nobody asked for."""
        promises = [promise for tenant in self._tenants for promise in tenant.accepted]
        self.account.accepted = len(promises)
        self.account.refused = sum(tenant.refused for tenant in self._tenants)
        for promise in promises:
            if promise.ended is not None and promise.tenant.job(promise.job_id) != promise.ended:
                self.account.doubled += 1
                self._say("audit", promise, f"ended as {promise.ended} before")
        if len({promise.job_id for promise in promises}) != len(promises):
            self.account.wrong.append("two requests were answered with the same job")
        admitted = int(self._stand.redis.hget("stats", "admitted") or 0)  # type: ignore[arg-type]
        if admitted != len(promises):
            self.account.wrong.append(f"{admitted} jobs admitted for {len(promises)} requests")


def _ended(promise: Accepted) -> dict[str, Any] | None:
    deadline = time.monotonic() + 3 * LOOK_SECONDS
    while True:
        job = promise.tenant.job(promise.job_id, wait=LOOK_SECONDS)
        if job["status"] in TERMINAL:
            return job
        if time.monotonic() > deadline:
            return None
