"""/v1/batches: many inputs in one request, as JSON Lines; progress, results in the order of the inputs, cancel."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Sequence

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.auth import Principal
from api.batch_lines import LineCheck
from api.batch_options import BatchOptions, read_options
from api.bodies import check_coding, check_form, chunks, content_length
from api.errors import Problem
from api.gpus import over_quota
from api.idempotency import idempotency_key, scoped
from api.parts import Parts, parts_of
from api.queries import Query
from api.ratelimits import BATCHES, LIMIT_HEADER, POLICY_HEADER, limits, policies
from api.refusals import batches_full
from api.responses import batch_path, batch_view, json_response
from api.spool import Spool
from api.targets import find_target, owns_version
from policies.quotas import Quotas
from store.batches.desk import BatchOrder, Opened, Rejected
from store.batches.records import BatchRecord, Segment, lines_name
from store.catalog import Version
from store.ids import new_id
from store.jobs.records import timeout_of

TRIES = 5  # each further one means that the tenant changed within the millisecond since the last
PAGE_DEFAULT = 50
PAGE_MAX = 200
JSON_LINES = "application/jsonl"
_CURSOR = re.compile(r"bat_[0-9a-z]{26}")


async def create(request: Request) -> Response:
    """Accept a batch: every line is checked before any is run; they become jobs little by little."""
    parts = parts_of(request)
    principal = await parts.auth.current(request)
    parts.pressure.check_job()
    headers = dict(request.scope["headers"])
    check_coding(headers)
    check_form(headers)
    options = read_options(request, principal.quotas)
    version = await find_target(parts, principal, name=options.model, number=options.version)
    key = idempotency_key(request.scope["headers"])
    with Spool(parts.blobs.temp_dir, parts.threads) as spool:
        check = await _receive(parts, request, spool, principal.quotas)
        batch_id = new_id("bat")
        print_ = hashlib.sha256(repr(options).encode() + check.digest).hexdigest()[:32]
        await parts.threads.call(parts.payloads.adopt, lines_name(batch_id), spool.path)
    try:
        opened, principal = await _open(
            parts, request, principal, options=options, version=version, key=key, fingerprint=print_,
            batch_id=batch_id, total=check.count,
        )  # fmt: skip
    except Problem:
        await parts.threads.call(parts.payloads.delete, lines_name(batch_id))
        raise
    if opened.replayed:
        await parts.threads.call(parts.payloads.delete, lines_name(batch_id))
    record = await parts.jobs.batches.get(principal.tenant_id, opened.batch_id)
    if record is None:
        raise Problem("batch_not_found", "The batch this Idempotency-Key made has expired; use a new key.")
    told = {
        "location": batch_path(record.id),
        POLICY_HEADER: policies(principal.quotas, also=BATCHES),
        LIMIT_HEADER: limits(opened.standing),
    }
    if opened.replayed:
        told["idempotent-replayed"] = "true"
    return json_response(batch_view(record, running=0), 202, told)


async def show(request: Request) -> Response:
    """How far a batch is."""
    parts = parts_of(request)
    record = await _find(parts, await parts.auth.current(request), request.path_params["id"])
    return json_response(batch_view(record, running=await parts.jobs.batches.running(record)))


async def index(request: Request) -> Response:
    """The tenant's batches, newest first, page by page."""
    parts = parts_of(request)
    principal = await parts.auth.current(request)
    query = Query(request, ("limit", "cursor"))
    page = await parts.jobs.batches.page(
        principal.tenant_id,
        limit=query.integer("limit", default=PAGE_DEFAULT, minimum=1, maximum=PAGE_MAX),
        cursor=query.matching("cursor", _CURSOR),
    )
    views = [
        batch_view(record, running=await parts.jobs.batches.running(record))
        for record in page.batches
        if await owns_version(parts, principal, record.version_id)
    ]
    return json_response({"batches": views, "next_cursor": page.next_cursor})


async def results(request: Request) -> Response:
    """The results there are so far, as JSON Lines in the order of the inputs; all of them once the batch has ended."""
    parts = parts_of(request)
    record = await _find(parts, await parts.auth.current(request), request.path_params["id"])
    segments = await parts.jobs.batches.segments(record.id)
    headers = {
        "x-content-type-options": "nosniff",
        "content-disposition": f'attachment; filename="{record.id}.jsonl"',
        "cache-control": "private" if record.ended else "no-store",
        "content-length": str(sum(segment.size_bytes for segment in segments)),
    }
    return StreamingResponse(_stream(parts, segments), headers=headers, media_type=JSON_LINES)


async def cancel(request: Request) -> Response:
    """Cancel what has not ended of a batch: lines not run yet at once, those that run within a moment."""
    parts = parts_of(request)
    principal = await parts.auth.current(request)
    found = await _find(parts, principal, request.path_params["id"])
    await parts.jobs.batches.cancel(principal.tenant_id, found.id)
    record = await _find(parts, principal, found.id)
    if record.state == "completed":
        raise Problem("batch_not_cancelable", "The batch has ended already.", batch_status=record.state)
    return json_response(batch_view(record, running=await parts.jobs.batches.running(record)))


async def _find(parts: Parts, principal: Principal, batch_id: str) -> BatchRecord:
    record = await parts.jobs.batches.get(principal.tenant_id, batch_id)
    if record is None or not await owns_version(parts, principal, record.version_id):
        raise Problem("batch_not_found", "There is no such batch, or it ended so long ago that it was forgotten.")
    return record


async def _receive(parts: Parts, request: Request, spool: Spool, quotas: Quotas) -> LineCheck:
    """The lines, to a file, each of them checked. Raises a Problem that names the line."""
    announced = content_length(dict(request.scope["headers"])) or 0
    if announced > quotas.batch_bytes:
        raise _too_large(quotas)
    parts.pressure.check_upload(announced)
    check = LineCheck(input_bytes=quotas.input_bytes, queued_bytes=quotas.queued_bytes)
    async for piece in chunks(request):
        if spool.size + len(piece) > quotas.batch_bytes:
            raise _too_large(quotas)
        await spool.write(piece)
        if check.hold(piece):
            await parts.threads.call(check.work)
    await parts.threads.call(check.finish)
    await spool.finish()
    return check


async def _open(
    parts: Parts,
    request: Request,
    principal: Principal,
    *,
    options: BatchOptions,
    version: Version,
    key: str | None,
    fingerprint: str,
    batch_id: str,
    total: int,
) -> tuple[Opened, Principal]:
    for _ in range(TRIES):
        quotas = principal.quotas
        if version.gpus > quotas.gpus:
            raise over_quota(quotas)
        order = BatchOrder(
            batch_id=batch_id,
            tenant_id=principal.tenant_id,
            model=version.model_name,
            version_id=version.id,
            version_number=version.number,
            generation=principal.generation,
            total=total,
            timeout_seconds=timeout_of(options.timeout_seconds, version.config, quotas),
            result_seconds=quotas.result_seconds,
            batches_limit=quotas.batches,
            queued_limit=quotas.queued_jobs,
            requests_per_minute=quotas.requests_per_minute,
            webhook=options.webhook,
            deadline_seconds=options.deadline_seconds,
            cancel_after_seconds=options.cancel_after_seconds,
            idempotency_key=None if key is None else scoped(key, model_id=principal.model_id),
            fingerprint=fingerprint,
        )
        result = await parts.jobs.batches.open(order)
        if isinstance(result, Opened):
            return result, principal
        if result.why != "stale":
            raise await _refusal(parts, result, principal)
        principal = await parts.auth.current(request)
        version = await find_target(parts, principal, name=options.model, number=options.version)
    raise Problem("busy", "The tenant's settings keep changing; try again in a second.")


async def _refusal(parts: Parts, rejected: Rejected, principal: Principal) -> Problem:
    if rejected.why == "batches_full":
        ends_in = await parts.jobs.batches.ends_in(principal.tenant_id)
        return batches_full(rejected, principal, ends_in=ends_in)
    detail = "This Idempotency-Key was used with another request; use a new key for a new batch."
    return Problem("idempotency_mismatch", detail)


def _too_large(quotas: Quotas) -> Problem:
    detail = f"A batch may have at most {quotas.batch_bytes:,} bytes; split it."
    return Problem("batch_too_large", detail, limit_bytes=quotas.batch_bytes)


async def _stream(parts: Parts, segments: Sequence[Segment]) -> AsyncIterator[bytes]:
    for segment in segments:
        pieces = parts.payloads.chunks(segment.name)
        while piece := await parts.threads.call(next, pieces, b""):
            yield piece
