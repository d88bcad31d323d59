"""GET /v1/jobs/{id}/output: one output alone, whole or in part, with a key or by a signed link."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.errors import Problem
from api.jobs import find_job
from api.media import HEAD_BYTES, JSON, kind_of
from api.parts import Parts, parts_of
from api.queries import Query
from store.jobs.records import JobRecord
from store.payloads import Stored

_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
Span = tuple[int, int]  # first byte, and the one after the last


async def output(request: Request) -> Response:
    """The output alone: JSON as JSON, bytes as what their first bytes say they are, or as a stream of bytes."""
    parts = parts_of(request)
    job = await _job(parts, request)
    size = _size(job)
    span = _span(request, job, size)
    media, ending = (JSON, "json") if job.output_kind == "json" else kind_of(await _head(parts, job))
    headers = {
        # What a model answers is a stranger's: a browser must neither guess its type nor show it as a page.
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-disposition": f'attachment; filename="{job.id}.{ending}"',
        "cache-control": "private",
        "accept-ranges": "bytes",
        "etag": _tag(job),
        "content-length": str((span or (0, size))[1] - (span or (0, size))[0]),
    }
    if span is not None:
        headers["content-range"] = f"bytes {span[0]}-{span[1] - 1}/{size}"
    return await _answer(
        parts, request, job, span or (0, size), status=206 if span else 200, headers=headers, media=media
    )


async def _job(parts: Parts, request: Request) -> JobRecord:
    """The job whose output is asked for: by who has a key to it, or by who holds a link."""
    query = Query(request, ("expires", "signature"))
    job_id: str = request.path_params["id"]
    expires, signature = query.text("expires"), query.text("signature")
    if "authorization" in request.headers or expires is None or signature is None:
        principal = await parts.auth.current(request)
        job = await find_job(parts, principal, job_id)
    else:
        if not await parts.linker.opens(job_id, expires=expires, signature=signature):
            raise Problem("link_invalid", "The link has expired or was changed; get the job again for a new one.")
        found = await parts.jobs.find(job_id)
        if found is None:
            raise Problem("job_not_found", "The job's result has expired.")
        job = found
    if job.output is None and job.output_stored is None:
        raise Problem(
            "output_not_available", f"The job is {job.state}; only succeeded jobs have an output.", job_status=job.state
        )
    return job


def _size(job: JobRecord) -> int:
    return len(job.output) if job.output is not None else _stored(job).size_bytes


def _stored(job: JobRecord) -> Stored:
    assert job.output_stored is not None
    return job.output_stored


def _tag(job: JobRecord) -> str:
    """An output never changes, so the job's id names its bytes."""
    return f'"{job.id}"'


def _span(request: Request, job: JobRecord, size: int) -> Span | None:
    """The one range of bytes that is asked for; None for all of it, also where several are (RFC 9110 allows that)."""
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if (
        found is None
        or not size
        or found[1] == found[2] == ""
        or request.headers.get("if-range", _tag(job)) != _tag(job)
    ):
        return None
    if found[1] == "":  # the last so many bytes
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)
    if start >= size:
        unsatisfied = {"content-range": f"bytes */{size}"}
        raise Problem("range_not_satisfiable", f"The output has {size:,} bytes.", size_bytes=size, headers=unsatisfied)
    return (start, end) if start < end else None


async def _head(parts: Parts, job: JobRecord) -> bytes:
    if job.output is not None:
        return job.output[:HEAD_BYTES]
    found = parts.payloads.chunks(_stored(job).name, start=0, end=min(HEAD_BYTES, _size(job)))
    return await parts.threads.call(_next, found)


async def _answer(
    parts: Parts, request: Request, job: JobRecord, span: Span, *, status: int, headers: dict[str, str], media: str
) -> Response:
    if request.method == "HEAD":
        return Response(b"", status, headers, media)
    if job.output is not None:
        return Response(job.output[span[0] : span[1]], status, headers, media)
    pieces = parts.payloads.chunks(_stored(job).name, start=span[0], end=span[1])
    first = await parts.threads.call(_next, pieces)  # what isn't there is a problem, not half an answer
    return StreamingResponse(_rest(parts, first, pieces), status, headers, media)


async def _rest(parts: Parts, first: bytes, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Piece by piece, so that no more than one is in memory however slowly the client reads."""
    piece = first
    while piece:
        yield piece
        piece = await parts.threads.call(_next, pieces)


def _next(pieces: Iterator[bytes]) -> bytes:
    return next(pieces, b"")
