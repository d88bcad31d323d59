"""/v1/jobs, and the jobs of a model: submit, read, wait, cancel, list."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

from starlette.requests import Request
from starlette.responses import Response

from api.admission import admit
from api.auth import Principal
from api.errors import Problem
from api.parts import Parts, parts_of
from api.preferences import wait_seconds
from api.queries import Query
from api.ratelimits import LIMIT_HEADER, POLICY_HEADER, limits
from api.responses import job_path, job_view, json_response, page_view
from api.targets import check_scope, find_model, owns_version
from store.catalog.names import is_model_id
from store.jobs.records import Admitted, JobRecord, State

PAGE_DEFAULT = 50
PAGE_MAX = 200
_CURSOR = re.compile(r"job_[0-9a-z]{26}")


async def submit(request: Request) -> Response:
    """Accept one job; with ``Prefer: wait=N`` answer with its end if that comes in time."""
    parts = parts_of(request)
    seconds = wait_seconds(request.scope["headers"])
    entry = await admit(parts, request, wait=seconds > 0)
    tenant_id = entry.principal.tenant_id
    headers = {POLICY_HEADER: entry.principal.policies, LIMIT_HEADER: limits(entry.result.standing)}
    job: JobRecord | None
    if isinstance(entry.result, Admitted):
        parts.metrics.admitted.inc()
        job = JobRecord(
            id=entry.result.job_id,
            tenant_id=tenant_id,
            model=entry.version.model_name,
            version_id=entry.version.id,
            version_number=entry.version.number,
            state="queued",
            created_ms=entry.result.created_ms,
        )
    else:
        headers["idempotent-replayed"] = "true"
        job = await parts.jobs.get(tenant_id, entry.result.job_id)
        if job is None:
            raise Problem("job_not_found", "The job this Idempotency-Key made has expired; use a new key.")
    if seconds and not job.ended:
        job = await parts.wait(tenant_id, job.id, seconds, receive=request.receive) or job
    return await _answer(parts, job, seconds=seconds, headers=headers, accepted=True)


async def show(request: Request) -> Response:
    """One job as it stands, or after waiting for its end."""
    parts = parts_of(request)
    principal = await parts.auth.current(request)
    job = await find_job(parts, principal, request.path_params["id"])
    seconds = wait_seconds(request.scope["headers"])
    if seconds and not job.ended:
        job = await parts.wait(principal.tenant_id, job.id, seconds, receive=request.receive) or job
    return await _answer(parts, job, seconds=seconds, headers={}, accepted=False)


async def cancel(request: Request) -> Response:
    """Cancel a job in any state but an ended one; canceling twice is the same as once."""
    parts = parts_of(request)
    principal = await parts.auth.current(request)
    found = await find_job(parts, principal, request.path_params["id"])
    job = await parts.jobs.cancel(principal.tenant_id, found.id)
    if job is None:
        raise _unknown()
    if job.ended and job.state != "canceled":
        raise Problem("job_not_cancelable", f"The job has {job.state} already.", job_status=job.state)
    return json_response(job_view(job, await parts.linker.links()))


async def index(request: Request) -> Response:
    """The tenant's jobs, newest first, page by page, without their outputs."""
    parts = parts_of(request)
    principal = await parts.auth.current(request)
    query = Query(request, ("limit", "cursor", "model", "status"))
    model = query.text("model") or principal.model_name
    if model is not None:
        model = (await find_model(parts, principal, model)).name if is_model_id(model) else model
        check_scope(principal, model)
    page = await parts.jobs.page(
        principal.tenant_id,
        limit=query.integer("limit", default=PAGE_DEFAULT, minimum=1, maximum=PAGE_MAX),
        cursor=query.matching("cursor", _CURSOR),
        model=model,
        state=query.one_of("status", get_args(State)),
    )
    return json_response(page_view(page, await parts.linker.links()))


async def find_job(parts: Parts, principal: Principal, job_id: str) -> JobRecord:
    """The job, if this principal may see it. Raises job_not_found."""
    job = await parts.jobs.get(principal.tenant_id, job_id)
    if job is None or not await owns_version(parts, principal, job.version_id):
        raise _unknown()
    return job


def _unknown() -> Problem:
    return Problem("job_not_found", "There is no such job, or it ended so long ago that it was forgotten.")


async def _answer(parts: Parts, job: JobRecord, *, seconds: int, headers: dict[str, str], accepted: bool) -> Response:
    if seconds:
        headers["preference-applied"] = f"wait={seconds}"
    if accepted:
        headers["location"] = job_path(job.id)
    links = await parts.linker.links() if job.ended else None
    if job.state == "running":
        job = replace(job, logs=await parts.jobs.following.printed(job))
    return json_response(job_view(job, links), 202 if accepted and not job.ended else 200, headers)
