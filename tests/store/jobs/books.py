"""The whole truth of the job store, read key by key and held against its promises."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import redis

from store.payloads.names import input_name

TERMINAL = {b"succeeded", b"failed", b"canceled", b"expired"}
RECORD_BYTES = 512  # of an ended job, for the quota kept_bytes
# What a store that has nothing to do still holds.
KEPT = {"stats", "workers", "workers:gpu", "devices", "turns:serial", "ledger:open", "active", "gpu_active"}
KEPT_PREFIXES = ("load:", "gen:", "rq:")


@dataclass
class Known:
    """What the test knows of a job: whose it is, and its end as soon as one was seen."""

    tenant: str
    version: str
    input_bytes: int
    end: dict[bytes, bytes] = field(default_factory=dict)
    output: bytes | None = None
    stored: bool = False  # its input is in the blob store
    collected: bool = False  # a line of a batch whose result was noted: its record is gone for good


class Books:
    """Every key of the job store on one Redis, for a handful of tenants, versions and workers.

    ``gpus`` are the tenants' quotas of GPUs; the versions whose name says "gpu" ask for one.
    """

    def __init__(
        self, connection: redis.Redis, *, tenants: dict[str, int], versions: dict[str, str], gpus: dict[str, int]
    ) -> None:
        self.redis = connection
        self.tenants = tenants  # name -> concurrency
        self.gpus = gpus
        self.versions = versions  # version -> tenant
        self.jobs: dict[str, Known] = {}
        self.workers: set[str] = set()  # every name there ever was
        self.records: dict[str, dict[bytes, bytes]] = {}
        self.batches_keep: Counter[str] = Counter()  # bytes of results, by tenant
        self.batches_open: Counter[str] = Counter()

    def state(self, job_id: str) -> str:
        """As last seen by check()."""
        return self.records[job_id][b"s"].decode()

    def check(self) -> None:
        """Everything that must hold between any two steps."""
        self._read()
        for job_id, known in self.jobs.items():
            if known.collected:
                self._forgotten(job_id, known)
            else:
                self._one_end(job_id, known)
            self._input_in_its_place(job_id, known)
        self._in_one_place()
        self._counters()
        self._bytes()
        self._usage()
        self._turns()
        self._nobody_stranded()

    def _read(self) -> None:
        pipe = self.redis.pipeline(transaction=False)
        ids = list(self.jobs)
        for job_id in ids:
            pipe.hgetall(f"job:{job_id}")
            pipe.get(f"out:{job_id}")
            pipe.exists(f"in:{job_id}")
        answers = pipe.execute()
        self.records = dict(zip(ids, answers[::3], strict=True))
        self._outputs = dict(zip(ids, answers[1::3], strict=True))
        self._doomed = {name.decode() for name in self.redis.zrange("payloads:doomed", 0, -1)}  # type: ignore[union-attr]
        self._inputs = {job_id for job_id, there in zip(ids, answers[2::3], strict=True) if there}
        self._states = {job_id: record.get(b"s", b"lost") for job_id, record in self.records.items()}

    def _one_end(self, job_id: str, known: Known) -> None:
        """Never lost; one end, which never changes."""
        record, state = self.records[job_id], self._states[job_id]
        assert state in TERMINAL | {b"queued", b"running"}, f"{job_id} is {state!r}"
        assert int(record.get(b"a", b"0")) <= 3, f"{job_id} was run {record[b'a']!r} times"
        if state == b"succeeded":
            written_by = self._outputs[job_id]
            assert written_by == record[b"w"] + b" " + record[b"f"], f"{job_id} was ended by {written_by!r}: {record}"
        if known.end:
            assert (record, self._outputs[job_id]) == (known.end, known.output), f"{job_id} ended twice"
        elif state in TERMINAL:
            known.end, known.output = record, self._outputs[job_id]

    def _input_in_its_place(self, job_id: str, known: Known) -> None:
        """Beside the record or in the blob store for as long as the job may be run, and no longer."""
        ended = self._states[job_id] in TERMINAL
        assert (job_id in self._inputs) == (not ended and not known.stored), f"{job_id}: input kept wrongly"
        doomed = input_name(job_id) in self._doomed
        assert doomed == (ended and known.stored), f"{job_id} has ended: {ended}; its input is doomed: {doomed}"

    def _forgotten(self, job_id: str, known: Known) -> None:
        """Its end is as it was, and nothing of it is left."""
        assert not self.records[job_id] and self._outputs[job_id] is None, f"{job_id} lives on: {self.records[job_id]}"
        self.records[job_id], self._states[job_id] = known.end, known.end[b"s"]

    def _in_one_place(self) -> None:
        """Queued: once in its version's list. Running: in the claims of its worker alone. Ended: claimed by nobody."""
        pending = Counter(
            (version, item.decode())
            for version in self.versions
            for item in self.redis.lrange(f"pending:{version}", 0, -1)  # type: ignore[union-attr]
        )
        claims: dict[str, list[str]] = {}
        for worker in self.workers:
            for item in self.redis.smembers(f"claims:{worker}"):  # type: ignore[union-attr]
                claims.setdefault(item.decode(), []).append(worker)
        deadlines = {item.decode() for item in self.redis.zrange("deadlines", 0, -1)}  # type: ignore[union-attr]
        mortal = {item.decode() for item in self.redis.zrange("lifetimes", 0, -1)}  # type: ignore[union-attr]
        for job_id, known in self.jobs.items():
            state, record = self._states[job_id], self.records[job_id]
            assert (job_id in mortal) == (state not in TERMINAL and b"ca" in record), f"{job_id}: lifetime, {state!r}"
            times = pending[known.version, job_id]
            expected = [record[b"w"].decode()] if state == b"running" else []
            assert claims.get(job_id, []) == expected, f"{job_id} is {state!r} and claimed by {claims.get(job_id)}"
            if state not in TERMINAL:
                assert times == (state == b"queued"), f"{job_id} is {state!r} and {times} times in its queue"
            assert (job_id in deadlines) == (state == b"queued" and b"dl" in record), f"{job_id}: deadline, {state!r}"

    def _counters(self) -> None:
        """The tenants' and the engine's counters say what the records say."""
        stats = {name.decode(): int(value) for name, value in self.redis.hgetall("stats").items()}  # type: ignore[union-attr]
        total: Counter[str] = Counter()
        for tenant in self.tenants:
            load = self.redis.hgetall(f"load:{tenant}")
            for what in ("queued", "running"):
                count = sum(1 for i, k in self.jobs.items() if k.tenant == tenant and self._states[i] == what.encode())
                assert int(load.get(what.encode(), b"0")) == count, f"{tenant}'s {what}: {load}, true {count}"  # type: ignore[union-attr]
                total[what] += count
        assert stats.get("queued", 0) == total["queued"]
        assert stats.get("admitted", 0) == len(self.jobs)
        ended = Counter(k.end[b"s"].decode() for k in self.jobs.values() if k.end)
        counted: Counter[str] = Counter()
        for name, value in stats.items():
            if name.startswith("ended:"):
                counted[name.split(":")[1]] += value
        assert counted == ended

    def _bytes(self) -> None:
        """What the tenants' jobs hold: inputs until the end, and from then on everything that can be read of them."""
        for tenant in self.tenants:
            assert (self._load(tenant, "in"), self._load(tenant, "kept")) == self.holds(tenant), tenant
            assert self._load(tenant, "batches") == self.batches_open[tenant], tenant

    def holds(self, tenant: str) -> tuple[int, int]:
        """The bytes of inputs that a tenant's jobs hold, and what its ended ones keep, by their records."""
        jobs = {i: k for i, k in self.jobs.items() if k.tenant == tenant}
        held = sum(k.input_bytes for i, k in jobs.items() if self._states[i] not in TERMINAL)
        texts = (b"lg", b"em", b"eb")
        kept = sum(
            RECORD_BYTES + len(k.output or b"") + sum(len(k.end.get(text, b"")) for text in texts)
            for k in jobs.values()
            if k.end and not k.collected
        )
        return held, kept + self.batches_keep[tenant]

    def _usage(self) -> None:
        """Each end is in the ledger's line of its day and in its tenant's month, once."""
        ledger: Counter[str] = Counter()
        months: Counter[tuple[str, str]] = Counter()
        for known in self.jobs.values():
            if not (end := known.end):
                continue
            at = datetime.fromtimestamp(int(end[b"e"]) / 1000, UTC)
            run_us = _run_us(end)
            gpu_us = run_us * ("gpu" in known.version)
            line = f" {int(end[b'e']) // 86_400_000} {known.tenant} m"
            outcome = "platform" if end.get(b"et") == b"platform" else end[b"s"].decode()
            ledger += Counter({outcome + line: 1, "in" + line: known.input_bytes, "run" + line: run_us})
            ledger += Counter({"out" + line: len(known.output or b""), "gpu" + line: gpu_us})
            months[known.tenant, f"run:{at:%Y%m}"] += run_us
            months[known.tenant, f"gpu:{at:%Y%m}"] += gpu_us
        found = {name.decode(): int(value) for name, value in self.redis.hgetall("ledger:open").items()}  # type: ignore[union-attr]
        assert found == dict(ledger)
        for (tenant, name), us in months.items():
            assert self._load(tenant, name) == us, (tenant, name)

    def _load(self, tenant: str, name: str) -> int:
        return int(self.redis.hget(f"load:{tenant}", name) or 0)  # type: ignore[arg-type]

    def nothing_held(self) -> None:
        """No bytes stand against anybody once everything is forgotten."""
        assert {self._load(tenant, name) for tenant in self.tenants for name in ("in", "kept", "batches")} == {0}

    def _turns(self) -> None:
        """No more turns than the concurrency; each is findable by the reaper, through RQ's books or a worker's."""
        everything = self._turns_of(self.tenants, prefix="") | self._turns_of(self.gpus, prefix="gpu_")
        of_versions = {
            token.decode()
            for version in self.versions
            for token in self.redis.smembers(f"vturns:{version}")  # type: ignore[union-attr]
        }
        assert of_versions == everything
        for token in everything:
            on_gpu = "gpu" in (self.redis.hget(f"turn:{token}", "v") or b"").decode()  # type: ignore[union-attr]
            assert token.startswith("gpu_") == on_gpu, f"{token} is in the wrong books"

    def _turns_of(self, quotas: dict[str, int], *, prefix: str) -> set[str]:
        issued = {token.decode() for token in self.redis.zrange(f"{prefix}turns:issued", 0, -1)}  # type: ignore[union-attr]
        alive = {name.decode() for name in self.redis.zrange("workers", 0, -1)}  # type: ignore[union-attr]
        everything: set[str] = set()
        for tenant, quota in quotas.items():
            tokens = {token.decode() for token in self.redis.smembers(f"{prefix}turns:{tenant}")}  # type: ignore[union-attr]
            assert len(tokens) <= quota, f"{tenant} has {len(tokens)} turns {prefix}"
            everything |= tokens
            for token in tokens:
                worker = self.redis.hget(f"turn:{token}", "w")
                if worker is None:
                    assert token in issued, f"{token} is nowhere: it can't be found when it gets lost"
                else:
                    assert token not in issued, f"{token} has begun and is handed out again"
                    assert worker.decode() in alive, f"{token} is held by a worker that nobody watches"  # type: ignore[union-attr]
                    assert self.redis.sismember(f"tokens:{worker.decode()}", token)  # type: ignore[union-attr]
        assert issued <= everything
        return everything

    def _nobody_stranded(self) -> None:
        """Whatever is queued has a turn, or is in line for one; and the line moves when there is room."""
        for version, tenant in self.versions.items():
            prefix = "gpu_" if "gpu" in version else ""
            waiting = [item.decode() for item in self.redis.lrange(f"{prefix}waiting:{tenant}", 0, -1)]  # type: ignore[union-attr]
            assert len(waiting) == len(set(waiting))
            queued = [i for i, k in self.jobs.items() if k.version == version and self._states[i] == b"queued"]
            if queued and not self.redis.scard(f"vturns:{version}"):
                assert version in waiting, f"nobody will ever serve {version}"
                taken = self.redis.scard(f"{prefix}turns:{tenant}")
                quota = (self.gpus if prefix else self.tenants)[tenant]
                # A tenant in company leaves a worker to the others. The end of any turn it has moves its line.
                assert taken >= min(quota, 1), f"{version} waits though {tenant} has no turn"

    def forget(self) -> None:
        """Let every result's lifetime be over: what has a time to live is gone, what needs the reaper is due."""
        for key in self.redis.scan_iter(count=1000):
            if self.redis.ttl(key) >= 0:  # type: ignore[operator]
                self.redis.delete(key)
        for member in self.redis.zrange("ended", 0, -1):  # type: ignore[union-attr]
            self.redis.zadd("ended", {member: 0})

    def left(self) -> set[str]:
        """Keys that have no business to be there when nothing is to be done."""
        names = {key.decode() for key in self.redis.scan_iter(count=1000)}
        return {name for name in names - KEPT if not name.startswith(KEPT_PREFIXES)}


def _run_us(end: dict[bytes, bytes]) -> int:
    """What a job is charged: its outcome's time, or, canceled while it ran, the time since it was claimed."""
    if end[b"s"] == b"canceled" and b"b" in end:
        return (int(end[b"e"]) - int(end[b"b"])) * 1000
    return int(end.get(b"p", b"0"))
