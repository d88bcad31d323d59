"""Rounds of faults under load, and the account of what became of every promise."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.attacks_webhooks.listener import Listener
from tests.faults import history
from tests.faults.account import Account, Round
from tests.faults.batches import COUNTED, ENDED, Batch
from tests.faults.breakage import FAULTS
from tests.faults.stand import Stand
from tests.faults.traffic import TERMINAL, Accepted, Tenant, Traffic

JOBS_EACH = 100  # a tenant and round, besides a batch
CUT_SECONDS = 1.5  # after its tenant's last job, a batch is canceled at a random moment
LOOK_SECONDS = 20  # how long one look at a job waits for its end
LEDGER = ("succeeded", "failed", "platform", "canceled", "expired", "input_bytes", "output_bytes")
TELL_SECONDS = 60  # until the last webhook has come: a first one that met a fault is tried again after some seconds


class Matrix:
    """Breaks one stand again and again. ``run`` may be called with any faults in any order."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._loud = [Tenant.create(stand.engine, "anna"), Tenant.create(stand.engine, "bert")]
        self._probing = [tenant.twin(stand.engine) for tenant in self._loud]
        self._tenants = [*self._loud, *self._probing]
        self._lines: set[str] = set()  # of all batches, those that became jobs
        self.account = Account()

    def run(self, faults: Sequence[str]) -> Account:
        """A round for each fault, then the audit."""
        with Listener() as listener:
            for fault in faults:
                self.account.rounds.append(self._round(fault, webhook=listener.url))
            self._audit()
            self._audit_history()
            self._audit_ledger()
            self._audit_deliveries(listener)
        return self.account

    def _round(self, name: str, *, webhook: str) -> Round:
        """Load, a fault at a random moment of it, repair, and nothing left undone."""
        self._stand.broken_ms, self._stand.held = 0.0, set()
        cut_after = self._stand.random.uniform(0, CUT_SECONDS)
        with Traffic(self._loud, jobs_each=JOBS_EACH, webhook=webhook, cut_after=cut_after):
            time.sleep(self._stand.random.uniform(0.1, 1.2))
            FAULTS[name](self._stand)
            mending = threading.Thread(target=self._stand.mend, name="mend")
            mending.start()
            asked = time.monotonic()
            try:
                self._probe(self._stand.random.choice(self._probing))
                answer = time.monotonic() - asked
            finally:
                mending.join()
        promises = [p for tenant in self._tenants for p in tenant.accepted if p.ended is None]
        self._settle(promises, name)
        self._settle_batches(name)
        self._say_counters(name)
        self.account.wrong += [f"{name}: `make up` failed: {said}" for said in self._stand.unmended]
        self._stand.unmended.clear()
        return self._measured(name, promises, answer=answer)

    def _probe(self, tenant: Tenant) -> None:
        """One job, from asking for it to its end."""
        job = tenant.submit(tenant.echo, wait=LOOK_SECONDS)
        while job["status"] not in TERMINAL:
            job = tenant.job(job["id"], wait=LOOK_SECONDS)

    def _measured(self, name: str, promises: list[Accepted], *, answer: float) -> Round:
        """The round's times, by the records: of jobs that were queued or running when something broke."""
        broken, held = self._stand.broken_ms, self._stand.held
        pipe = self._stand.redis.pipeline(transaction=False)
        for promise in promises:
            pipe.hmget(f"job:{promise.job_id}", "c", "e")
        times = {p.job_id: (int(c), int(e)) for p, (c, e) in zip(promises, pipe.execute(), strict=True) if c and e}
        after = {job_id: (e - broken) / 1000 for job_id, (c, e) in times.items() if c <= broken < e}
        of_held = [seconds for job_id, seconds in after.items() if job_id in held]
        return Round(
            fault=name,
            first=min(after.values(), default=0.0),
            held_jobs=len(of_held),
            held=max(of_held, default=0.0),
            all=max(after.values(), default=0.0),
            answer=answer,
        )

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
            if fault == "worker_stopped" and job["attempts"] > 1:
                self._say(fault, promise, "was run twice: a stop that is asked for loses nothing")

    def _settle_batches(self, fault: str) -> None:
        """Each batch has ended: with a result for each line, in order, of its own."""
        for batch in self._batches:
            if batch.ended is None:
                batch.ended, batch.results = _over(batch)
                self.account.batches += 1
                if batch.ended["status"] not in ENDED:
                    self.account.lost += 1
                    self.account.wrong.append(f"{fault}: {batch.batch_id} has not ended; {batch.ended}")
                    continue
                self.account.lines.update(batch.statuses())
                self.account.wrong += [f"{fault}: {batch.batch_id} {wrong}" for wrong in batch.wrongs()]

    @property
    def _batches(self) -> list[Batch]:
        return [batch for tenant in self._tenants for batch in tenant.batches]

    def _say(self, fault: str, promise: Accepted, what: str) -> None:
        record = self._stand.redis.hgetall(f"job:{promise.job_id}")
        self.account.wrong.append(f"{fault}: {promise.job_id} ({promise.value}) {what}; {record}")

    def _say_counters(self, fault: str) -> None:
        """With all ended the counters are zero, and each admission has one end."""
        stats = {name.decode(): int(value) for name, value in self._stand.redis.hgetall("stats").items()}  # type: ignore[union-attr]
        ends = sum(value for name, value in stats.items() if name.startswith("ended:"))
        loads = [
            self._stand.redis.hmget(f"load:{tenant.id}", "queued", "running", "batches") for tenant in self._tenants
        ]
        moving = [stats.get("queued", 0), *(int(v or 0) for load in loads for v in load)]  # type: ignore[union-attr]
        if any(moving) or ends != stats["admitted"]:
            self.account.wrong.append(f"{fault}: the counters say {stats}, {loads}, with everything ended")

    def _audit(self) -> None:
        """Once more over everything ever accepted: one end each, still the same; no job that nobody asked for."""
        promises = [promise for tenant in self._tenants for promise in tenant.accepted]
        self.account.accepted = len(promises)
        self.account.refused = sum(tenant.refused for tenant in self._tenants)
        for promise in promises:
            if promise.ended is not None and _ended(promise) != promise.ended:
                self.account.doubled += 1
                self._say("audit", promise, f"ended as {promise.ended} before")
        if len({promise.job_id for promise in promises}) != len(promises):
            self.account.wrong.append("two requests were answered with the same job")
        for batch in self._batches:
            if (batch.ended, batch.results) != batch.look():
                self.account.doubled += 1
                self.account.wrong.append(f"audit: {batch.batch_id} ended as {batch.ended} before, with other results")

    def _audit_history(self) -> None:
        """Every state that was ever written: by legal steps to one end, whatever the record shows by now."""
        found = history.states(self._stand.redis_folder)
        for tenant in self._tenants:
            for promise in tenant.accepted:
                wrongs = history.wrongs(found.pop(promise.job_id, []))
                self.account.doubled += any(wrong.startswith("ended ") for wrong in wrongs)
                self.account.wrong += [f"history: {promise.job_id} {wrong}" for wrong in wrongs]
        for batch in self._batches:
            self._lines |= (of_batch := batch.job_ids() & found.keys())
            for job_id in of_batch:
                wrongs = history.wrongs(found.pop(job_id))
                self.account.doubled += any(wrong.startswith("ended ") for wrong in wrongs)
                self.account.wrong += [f"history: {job_id} of {batch.batch_id} {wrong}" for wrong in wrongs]
        self.account.wrong += [f"history: nobody asked for {job_id}" for job_id in found]
        admitted = int(self._stand.redis.hget("stats", "admitted") or 0)  # type: ignore[arg-type]
        if admitted != self.account.accepted + len(self._lines):
            self.account.wrong.append(f"{admitted} jobs admitted for {self.account.accepted} and {len(self._lines)}")

    def _audit_ledger(self) -> None:
        """What is billed: each end once, with the bytes it had. The last page is written within seconds."""
        expected: dict[str, Counter[str]] = {tenant.id: Counter() for tenant in self._tenants}
        for tenant in self._tenants:
            for promise in tenant.accepted:
                if promise.ended is not None:
                    expected[tenant.id] += _billed(promise.value, promise.ended)
            for batch in tenant.batches:
                expected[tenant.id] += batch.billed(self._lines)
        until = time.monotonic() + TELL_SECONDS
        while (found := self._ledger()) != expected and time.monotonic() < until:
            time.sleep(0.5)
        if found != expected:
            self.account.wrong.append(f"ledger: {found}, and it is {expected}")

    def _ledger(self) -> dict[str, Counter[str]]:
        """By tenant, what the catalogue has of all days."""
        found: dict[str, Counter[str]] = {tenant.id: Counter() for tenant in self._tenants}
        for usage in self._stand.engine.admin("usage", "--from", "2020-01-01")["usage"]:
            counts = {name: usage[name] for name in LEDGER}
            found[usage["tenant_id"]] += Counter(counts)
        return found

    def _audit_deliveries(self, listener: Listener) -> None:
        """What the world was told: of each job that has a webhook one end, the one it has."""
        expected = {p.job_id: p for tenant in self._tenants for p in tenant.accepted if p.told and p.ended}
        until = time.monotonic() + TELL_SECONDS
        while time.monotonic() < until:
            told = _told(listener)
            if told.keys() == expected.keys() and all(_told_of(listener, batch) for batch in self._batches):
                break
            time.sleep(0.2)
        self.account.told = len(told)
        for job_id, promise in expected.items():
            ends = told.get(job_id, set())
            assert promise.ended is not None
            right = json.dumps([promise.ended["status"], promise.ended["output"], promise.ended["finished_at"]])
            if ends != {right}:
                self.account.doubled += len(ends) > 1
                self.account.wrong.append(f"webhook: of {job_id} was told {ends}, and it is {right}")
        for batch in self._batches:
            if (ends := _told_of(listener, batch)) != {batch.told()}:
                self.account.wrong.append(f"webhook: of {batch.batch_id} was told {ends}, and it is {batch.told()}")


def _billed(value: str, job: dict[str, Any]) -> Counter[str]:
    """What the ledger has of one job."""
    outcome = "platform" if (job["error"] or {}).get("type") == "platform" else job["status"]
    output_bytes = len(json.dumps(job["output"])) if job["status"] == "succeeded" else 0
    return Counter({outcome: 1, "input_bytes": len(json.dumps(value)), "output_bytes": output_bytes})


def _told(listener: Listener) -> dict[str, set[str]]:
    """By job, the ends that were delivered; the same one delivered again is the same."""
    ends: dict[str, set[str]] = {}
    for request in list(listener.requests):
        job = json.loads(request.body)["data"]
        if job["id"].startswith("job_") and job["status"] in TERMINAL:
            ends.setdefault(job["id"], set()).add(json.dumps([job["status"], job["output"], job["finished_at"]]))
    return ends


def _told_of(listener: Listener, batch: Batch) -> set[str]:
    """What was delivered of a batch's end."""
    told = [json.loads(request.body)["data"] for request in list(listener.requests)]
    counts = ("status", "total", *COUNTED)
    return {json.dumps([data[name] for name in counts]) for data in told if data["id"] == batch.batch_id}


def _over(batch: Batch) -> tuple[dict[str, Any], str]:
    """The batch once it has ended, or after long."""
    deadline = time.monotonic() + 3 * LOOK_SECONDS
    while True:
        found, results = batch.look()
        if found["status"] in ENDED or time.monotonic() > deadline:
            return found, results
        time.sleep(0.1)


def _ended(promise: Accepted) -> dict[str, Any] | None:
    """The job once it has ended, without its links: those are signed anew with the time."""
    deadline = time.monotonic() + 3 * LOOK_SECONDS
    while True:
        job = promise.tenant.job(promise.job_id, wait=LOOK_SECONDS)
        if job["status"] in TERMINAL:
            return {name: value for name, value in job.items() if name != "urls"}
        if time.monotonic() > deadline:
            return None
