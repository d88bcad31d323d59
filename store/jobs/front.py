"""The API's side of the job store: admit, read, wait, cancel, list."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import redis
import structlog

from store.batches.books import BatchBooks, Held
from store.batches.desk import BatchDesk
from store.capacity import Memory, memory_of
from store.errors import RedisUnavailable
from store.jobs.back import DEAD_AFTER_SECONDS
from store.jobs.codec import decode_announcement, decode_ended, decode_record, decode_standing
from store.jobs.following import Following
from store.jobs.holdings import Holdings, commands, decode_holdings
from store.jobs.records import (
    TERMINAL,
    Admission,
    Admitted,
    JobRecord,
    Page,
    QueueHealth,
    Refused,
    Replayed,
    State,
)
from store.jobs.scripts import script
from store.jobs.turns import Queues, enqueue_check, enqueue_turns
from store.jobs.until import until_done
from store.jobs.wire import Wire
from store.links import SECRET_KEY, fresh_secret
from store.payloads.names import mark

log = structlog.get_logger()

_BATCH_SCRIPTS = ("batch_open", "batch_cancel", "batch_take", "batch_hold", "batch_admit", "batch_collect")
_SCRIPTS = ("admit", "watch", "cancel", "follow", *_BATCH_SCRIPTS)
_POLL_SECONDS = 5.0  # how long a waiter trusts announcements before it looks for itself
_SCAN = 200  # ids looked at in one step of a filtered page
_SCAN_STEPS = 10
_OLDEST = 50  # jobs and batches looked at for when the next result goes
_REAP_SECONDS = 2  # what is over is forgotten by the reaper, which looks once a second
_DEAD_AFTER_MS = int(DEAD_AFTER_SECONDS * 1000)


@dataclass(slots=True)
class _Waiter:
    """Requests of this process that wait for one job. ``announced``: its end will be told to us."""

    future: asyncio.Future[JobRecord | None]
    announced: bool = True
    count: int = 0


class JobFront:
    """One API process's connection to the job store. Use from one event loop, between start() and close().

    Every method raises RedisUnavailable when Redis can't be asked. After that, whether an admission
    happened is unknown; asking again with the same idempotency key is safe.
    """

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._waiters: dict[str, _Waiter] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.batches = BatchDesk(script=self._script, call=self._call)
        self.books = BatchBooks(script=self._script, call=self._call)
        self.following = Following(script=self._script, call=self._call, get=self.get, process=self._name)

    async def start(self) -> None:
        """Connect in the background. Does not fail when Redis is away: calls do, until it is back."""
        load = [("SCRIPT", "LOAD", script(name).text) for name in _SCRIPTS]
        self._wire = Wire(self._url, greeting=load)
        channels = (f"ended:{self._name}", f"moved:{self._name}")
        self._events = Wire(self._url, greeting=[("SUBSCRIBE", *channels)], push=self._on_event)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rq")
        self._queues = Queues.of(redis.Redis.from_url(self._url, socket_timeout=5))
        self._spawn(self._listen())

    async def close(self) -> None:
        """Drop the connections. Waiters are told nothing more."""
        for task in self._tasks:
            task.cancel()
        self._wire.close()
        self._events.close()
        self._thread.shutdown(wait=True)

    async def generation(self, tenant_id: str) -> int:
        """The tenant's generation: moves whenever a key, quota or version of the tenant changes."""
        return int(await self._wire.call("GET", f"gen:{tenant_id}") or 0)

    async def admit(self, admission: Admission, *, wait: bool = False) -> Admitted | Replayed | Refused:
        """Make the job durable, or say why not. One round trip.

        With ``wait``, the end will be announced to this process: follow with wait().
        """
        a = admission
        if wait:
            self._waiters[a.job_id] = _Waiter(asyncio.get_running_loop().create_future())
        try:
            answer = await self._script("admit", *self._admit_arguments(a, wait=wait))
        except BaseException:
            self._waiters.pop(a.job_id, None)
            raise
        what = answer[0]
        if what == b"ok":
            if len(answer) > 5:
                self._issue(answer[5:])
            return Admitted(job_id=a.job_id, created_ms=int(answer[1]), standing=decode_standing(answer[2:5]))
        self._waiters.pop(a.job_id, None)
        if what == b"replay":
            return Replayed(job_id=answer[1].decode(), standing=decode_standing(answer[2:5]))
        if len(answer) == 1:
            return Refused(why=what.decode())
        return Refused(why=what.decode(), found=int(answer[1]), standing=decode_standing(answer[2:5]))

    async def admit_line(
        self, admission: Admission, held: Held, *, index: int, at: int, label: str | None
    ) -> str | Refused:
        """Admit the next line of a batch; ``at`` is the byte after it, ``label`` what the client calls it.

        Trying again never admits it twice.

        "ok", or "gone": the batch is another pump's, or is to end; or "out_of_turn": the batch stands elsewhere.
        """
        place = (held.batch_id, held.fence, index, at, label or "")
        answer = await self._script("batch_admit", *self._admit_arguments(admission, wait=False), *place)
        what: str = answer[0].decode()
        if what == "ok" and len(answer) > 5:
            self._issue(answer[5:])
        if what in ("ok", "gone", "out_of_turn"):
            return what
        return Refused(why=what, found=int(answer[1]) if len(answer) > 1 else 0)  # type: ignore[arg-type]  # our script's

    async def get(self, tenant_id: str, job_id: str) -> JobRecord | None:
        """The tenant's job with its output, or None."""
        record = await self.find(job_id)
        return record if record and record.tenant_id == tenant_id else None

    async def find(self, job_id: str) -> JobRecord | None:
        """The job whoever's it is: for who has shown a signed link to it."""
        # The id goes into a key: only ids of our own shape are looked up.
        if not job_id.startswith("job_") or len(job_id) > 64:
            return None
        fields, output = await asyncio.gather(
            self._wire.call("HGETALL", f"job:{job_id}"), self._wire.call("GET", f"out:{job_id}")
        )
        return decode_record(job_id, _pairs(fields), output) if fields else None

    async def link_secret(self) -> bytes:
        """What links to outputs are signed with, in every process the same; made on first use."""
        await self._wire.call("SET", SECRET_KEY, fresh_secret(), "NX")
        secret: bytes = await self._wire.call("GET", SECRET_KEY)
        return secret

    async def wait(self, tenant_id: str, job_id: str, seconds: float) -> JobRecord | None:
        """The job, at the latest after ``seconds``: ended, or as it stands then. None when unknown."""
        waiter = self._waiters.get(job_id)
        if waiter is None:
            waiter = self._waiters[job_id] = _Waiter(asyncio.get_running_loop().create_future(), announced=False)
        waiter.count += 1
        try:
            if not waiter.announced:
                waiter.announced = True
                state = await self._script("watch", tenant_id, job_id, self._name)
                if state == b"" or state.decode() in TERMINAL:
                    return await self.get(tenant_id, job_id)
            return await self._await_end(waiter.future, tenant_id, job_id, seconds)
        finally:
            waiter.count -= 1
            if waiter.count == 0:
                self._waiters.pop(job_id, None)

    async def _await_end(
        self, future: asyncio.Future[JobRecord | None], tenant_id: str, job_id: str, seconds: float
    ) -> JobRecord | None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not future.done() and (left := until - loop.time()) > 0:
            await until_done(future, min(left, _POLL_SECONDS))
            if not future.done():
                record = await self.get(tenant_id, job_id)
                if record is None or record.ended:
                    return record
        # The announcement leaves out what is large: read it then. And it is checked for whom it is.
        record = future.result() if future.done() else None
        if record is None or record.tenant_id != tenant_id:
            return await self.get(tenant_id, job_id)
        return record

    async def cancel(self, tenant_id: str, job_id: str) -> JobRecord | None:
        """Cancel the job if it has not ended, and give it as it stands afterwards. None when unknown."""
        await self._script("cancel", tenant_id, job_id)
        return await self.get(tenant_id, job_id)

    async def page(
        self,
        tenant_id: str,
        *,
        limit: int,
        cursor: str | None = None,
        model: str | None = None,
        state: State | None = None,
    ) -> Page:
        """Jobs newest first. With a filter a page may hold fewer than ``limit`` though more follow."""
        found: list[JobRecord] = []
        last = cursor
        for _ in range(_SCAN_STEPS):
            step = max(limit - len(found), _SCAN) if (model or state) else limit - len(found)
            top = f"({last}" if last else "+"
            key = f"jobs:{tenant_id}"
            ids = [i.decode() for i in await self._wire.call("ZREVRANGEBYLEX", key, top, "-", "LIMIT", 0, step)]
            for job_id, record in zip(ids, await self._records(ids), strict=True):
                last = job_id
                if record and model in (None, record.model) and state in (None, record.state):
                    found.append(record)
                if len(found) == limit:
                    return Page(jobs=tuple(found), next_cursor=last)
            if len(ids) < step:
                return Page(jobs=tuple(found))
        return Page(jobs=tuple(found), next_cursor=last)

    async def enqueue_check(self, version_id: str, *, gpus: int = 0) -> None:
        """Ask a worker, one with GPUs for a version that asks for some, to check an uploaded version.

        Lost requests are found again by the reaper.
        """
        await self._in_thread(partial(enqueue_check, gpus=gpus), version_id)

    async def holdings(self, tenant_id: str) -> Holdings:
        """What stands against the tenant's quotas."""
        asked = (self._wire.call(*command) for command in commands(tenant_id))
        fields, turns, waiting = await asyncio.gather(*asked)
        return decode_holdings(_pairs(fields), gpus=turns - waiting)

    async def forgets_in(self, tenant_id: str) -> int | None:
        """Seconds until the first of the tenant's oldest results is forgotten; None where none of them has ended."""
        oldest: list[str] = []
        for key, kind in ((f"jobs:{tenant_id}", "job"), (f"batches:{tenant_id}", "batch")):
            ids = await self._wire.call("ZRANGEBYLEX", key, "-", "+", "LIMIT", 0, _OLDEST)
            oldest += [f"{kind}:{found.decode()}" for found in ids]
        left = [ms for ms in await asyncio.gather(*[self._wire.call("PTTL", key) for key in oldest]) if ms >= 0]
        return math.ceil(min(left) / 1000) + _REAP_SECONDS if left else None

    async def memory(self) -> Memory:
        """How full Redis is."""
        text: bytes = await self._wire.call("INFO", "memory")
        pairs = (line.partition(":") for line in text.decode().splitlines())
        return memory_of({name: value for name, _, value in pairs})

    async def health(self) -> QueueHealth:
        """The state of the moving part, asked now."""
        time, workers, faults, stats, devices = await asyncio.gather(
            self._wire.call("TIME"),
            self._wire.call("ZRANGE", "workers", 0, -1, "WITHSCORES"),
            self._wire.call("HGETALL", "faults"),
            self._wire.call("HGETALL", "stats"),
            self._wire.call("HGETALL", "devices"),
        )
        oldest = int(time[0]) * 1000 + int(time[1]) // 1000 - _DEAD_AFTER_MS
        alive = {name for name, beat in _pairs(workers).items() if float(beat) >= oldest}
        owned = {name: value.decode() for name, value in _pairs(devices).items() if name in alive}
        ailing = {name: code.decode() for name, code in _pairs(faults).items() if name in alive}
        numbers = {name.decode(): int(value) for name, value in _pairs(stats).items()}
        ended = sum(value for name, value in numbers.items() if name.startswith("ended:"))
        return QueueHealth(
            live_workers=len(alive),
            queued_jobs=numbers.get("queued", 0),
            running_jobs=numbers.get("admitted", 0) - ended - numbers.get("queued", 0),
            worker_faults=tuple(sorted({code for name, code in ailing.items() if name not in owned})),
            gpu_workers=len(owned),
            gpu_faults=tuple(sorted({code for name, code in ailing.items() if name in owned})),
            gpus=tuple(sorted(device for value in owned.values() for device in value.split(","))),
        )

    def _admit_arguments(self, a: Admission, *, wait: bool) -> tuple[str | bytes | int | float, ...]:
        deadline_ms = int(a.deadline_seconds * 1000) if a.deadline_seconds else 0
        return (
            *(a.job_id, a.tenant_id, a.generation, a.model, a.version_id, a.version_number),
            *(_kind(a), a.payload, a.timeout_seconds, deadline_ms, a.webhook or ""),
            *(a.queued_limit, a.requests_per_minute, a.concurrency, a.result_seconds),
            *(a.idempotency_key or "", a.fingerprint, self._name if wait else ""),
            len(a.payload) if a.input_bytes is None else a.input_bytes,
            *(a.queued_bytes_limit, a.kept_bytes_limit, a.run_seconds_limit, a.gpu_seconds_limit),
            *(a.gpus, a.engine_limit, a.gpus_limit, _DEAD_AFTER_MS, "" if a.listening is None else a.listening),
            int(a.cancel_after_seconds * 1000) if a.cancel_after_seconds else 0,
        )

    async def _script(self, name: str, *arguments: str | bytes | int | float) -> Any:
        return await self._wire.call("EVALSHA", script(name).sha1, 0, *arguments)

    async def _call(self, *command: str | bytes | int | float) -> Any:
        return await self._wire.call(*command)

    async def _records(self, ids: Sequence[str]) -> list[JobRecord | None]:
        hashes = await asyncio.gather(*[self._wire.call("HGETALL", f"job:{i}") for i in ids])
        return [decode_record(i, _pairs(h), None) if h else None for i, h in zip(ids, hashes, strict=True)]

    def _issue(self, issued: Sequence[Any]) -> None:
        # Not waited for: the turn is on the books, and the reaper hands it to RQ should this fail.
        self._spawn(self._in_thread(enqueue_turns, issued))

    async def _in_thread(self, function: Any, argument: Any) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, function, self._queues, argument)
        except redis.RedisError as exc:
            log.warning("rq_enqueue_failed", error=type(exc).__name__)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self) -> None:
        """Keep the subscription up for as long as the process lives."""
        while True:
            try:
                await self._events.open()
                self.following.ring_all()
                await self._events.lost.wait()
            except RedisUnavailable:
                await asyncio.sleep(0.2)

    def _on_event(self, reply: Any) -> None:
        if not isinstance(reply, list) or reply[0] != b"message":
            return
        if reply[1].startswith(b"moved:"):
            self.following.ring(reply[2].decode())
            return
        job_id, values, output = decode_announcement(reply[2])
        self.following.ring(job_id)
        waiter = self._waiters.get(job_id)
        if waiter is None or waiter.future.done():
            return
        record = decode_ended(job_id, values, output)
        too_large = output is None and record.state == "succeeded" and record.output_stored is None
        waiter.future.set_result(None if too_large else record)


def _kind(admission: Admission) -> str:
    """The input's kind, marked where the input lies in the blob store."""
    return admission.input_kind if admission.input_bytes is None else mark(admission.input_kind, admission.input_bytes)


def _pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
