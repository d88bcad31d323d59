"""The API's side of batches: open one, read, list, cancel."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from store.batches.records import BatchRecord, Segment, decode_batch, decode_segment
from store.jobs.codec import decode_standing
from store.jobs.records import UNLIMITED, Standing

Script = Callable[..., Awaitable[Any]]
Call = Callable[..., Awaitable[Any]]

_ID_CHARACTERS = 30
_LATEST = 100  # batches among which the open ones are looked for


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """A batch asking to be opened, its lines in the blob store; true for ``generation``, as an admission."""

    batch_id: str
    tenant_id: str
    model: str
    version_id: str
    version_number: int
    generation: int
    total: int
    timeout_seconds: float
    result_seconds: int
    batches_limit: int
    queued_limit: int = UNLIMITED  # this and the rate are not asked of a batch, but told with the answer
    requests_per_minute: int = UNLIMITED
    webhook: str = ""
    idempotency_key: str | None = None
    fingerprint: str = ""
    deadline_seconds: float | None = None
    cancel_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The batch is durable; ``replayed``: it is the one that the idempotency key made before."""

    batch_id: str
    standing: Standing
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not opened. ``found`` is how many batches of the tenant run already, for batches_full."""

    why: Literal["stale", "idempotency_mismatch", "batches_full"]
    found: int = 0
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Batches newest first, and the cursor of the next page or None."""

    batches: tuple[BatchRecord, ...]
    next_cursor: str | None = None


class BatchDesk:
    """Batches as an API process sees them. Every method raises RedisUnavailable when Redis can't be asked."""

    def __init__(self, *, script: Script, call: Call) -> None:
        self._script = script
        self._call = call

    async def open(self, order: BatchOrder) -> Opened | Rejected:
        """Make the batch durable, or say why not. One round trip."""
        o = order
        answer = await self._script(
            "batch_open",
            *(o.batch_id, o.tenant_id, o.generation, o.model, o.version_id, o.version_number),
            *(o.total, o.timeout_seconds, o.webhook, o.result_seconds),
            *(o.batches_limit, o.idempotency_key or "", o.fingerprint),
            *(int((seconds or 0) * 1000) for seconds in (o.deadline_seconds, o.cancel_after_seconds)),
            *(o.queued_limit, o.requests_per_minute),
        )
        what = answer[0].decode()
        if len(answer) == 1:
            return Rejected(what)
        standing = decode_standing(answer[2:])
        if what == "ok":
            return Opened(o.batch_id, standing)
        if what == "replay":
            return Opened(answer[1].decode(), standing, replayed=True)
        return Rejected(what, found=int(answer[1]), standing=standing)

    async def get(self, tenant_id: str, batch_id: str) -> BatchRecord | None:
        """The tenant's batch, or None."""
        # The id goes into a key: only ids of our own shape are looked up.
        if not batch_id.startswith("bat_") or len(batch_id) > _ID_CHARACTERS:
            return None
        fields = await self._call("HGETALL", f"batch:{batch_id}")
        record = decode_batch(batch_id, dict(zip(fields[::2], fields[1::2], strict=True))) if fields else None
        return record if record and record.tenant_id == tenant_id else None

    async def running(self, record: BatchRecord) -> int:
        """How many of its lines run now."""
        ids = [record.job_id(index) for index in range(record.done, record.next)]
        states = await asyncio.gather(*[self._call("HGET", f"job:{job_id}", "s") for job_id in ids])
        return sum(state == b"running" for state in states)

    async def ends_in(self, tenant_id: str) -> int | None:
        """Seconds until the first of the tenant's open batches will have ended; None where none has come anywhere.

        At the pace each had since it was opened: a guess that is better the longer it runs.
        """
        seconds, micros = await self._call("TIME")
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        left = [
            (record.total - record.done) * max(1, now_ms - record.created_ms) / record.done
            for record in (await self.page(tenant_id, limit=_LATEST)).batches
            if not record.ended and record.done
        ]
        return math.ceil(min(left) / 1000) if left else None

    async def segments(self, batch_id: str) -> Sequence[Segment]:
        """Where the results are that there are so far, in the order of the lines."""
        return [decode_segment(entry) for entry in await self._call("LRANGE", f"batch:{batch_id}:results", 0, -1)]

    async def cancel(self, tenant_id: str, batch_id: str) -> str:
        """Ask for its end; the state it was in, "" when unknown."""
        state: bytes = await self._script("batch_cancel", tenant_id, batch_id)
        return state.decode()

    async def page(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> BatchPage:
        """The tenant's batches."""
        top = f"({cursor}" if cursor else "+"
        key = f"batches:{tenant_id}"
        ids = [i.decode() for i in await self._call("ZREVRANGEBYLEX", key, top, "-", "LIMIT", 0, limit)]
        found = await asyncio.gather(*[self.get(tenant_id, batch_id) for batch_id in ids])
        more = ids[-1] if len(ids) == limit else None
        return BatchPage(tuple(record for record in found if record is not None), more)
