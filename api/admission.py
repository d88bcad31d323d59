"""Admitting one job: the hot path. Everything it needs is remembered; the generation in Redis proves it true."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request

from api.auth import Principal
from api.bodies import check_coding, check_form, is_json, media_type, read
from api.errors import Problem
from api.gpus import over_quota
from api.idempotency import idempotency_key, scoped
from api.intake import Intake, Taken, perhaps_large
from api.orders import ENVELOPE_BYTES, fingerprint, read_order
from api.parts import Parts
from api.refusals import never_fits, no_rate, refusal
from api.targets import find_target
from store.catalog import Version
from store.ids import new_id
from store.jobs.records import Admission, Admitted, Refused, Replayed, timeout_of

TRIES = 5  # each further one means that the tenant changed within the millisecond since the last


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of a request: a new job or the one its idempotency key made before, for whom and on what."""

    principal: Principal
    version: Version
    result: Admitted | Replayed


async def admit(parts: Parts, request: Request, *, wait: bool) -> Entry:
    """Make the request a job. Raises a Problem when it can't be one."""
    headers = dict(request.scope["headers"])
    principal = await parts.auth.remembered(headers)
    parts.pressure.check_job()
    if b"content-encoding" in headers:
        check_coding(headers)
    check_form(headers)
    limit = _InputLimit(parts, headers, principal, envelope_bytes=_envelope(headers))
    name: str = request.path_params["name"]
    key = idempotency_key(request.scope["headers"]) if b"idempotency-key" in headers else None
    if perhaps_large(headers, inline_bytes=parts.inline_bytes):
        return await _admit_large(parts, request, headers, limit=limit, name=name, key=key, wait=wait)
    body = await read(request, headers, limit=limit)
    if body is None:
        raise too_large(limit.principal.quotas.input_bytes)
    order = read_order(headers, request.scope["query_string"], body)
    taken = Taken(order, "" if key is None else fingerprint(name, order))
    return await _decide(parts, headers, limit.principal, taken, name=name, key=key, wait=wait)


async def _admit_large(
    parts: Parts,
    request: Request,
    headers: Mapping[bytes, bytes],
    *,
    limit: _InputLimit,
    name: str,
    key: str | None,
    wait: bool,
) -> Entry:
    """The same for a body that is too large for Redis, or may be."""
    with Intake(parts, request, headers, name=name, key=key is not None) as intake:
        taken = await intake.take(limit)
        if taken is None:
            raise too_large(limit.principal.quotas.input_bytes)
        try:
            entry = await _decide(
                parts, headers, limit.principal, taken, name=name, key=key, wait=wait, store=intake.store
            )
        except Problem:
            await intake.discard()
            raise
        if isinstance(entry.result, Replayed):
            await intake.discard()
        return entry


async def _decide(
    parts: Parts,
    headers: Mapping[bytes, bytes],
    principal: Principal,
    taken: Taken,
    *,
    name: str,
    key: str | None,
    wait: bool,
    store: Callable[[str], Awaitable[None]] | None = None,
) -> Entry:
    """Ask Redis to admit the order, as often as what is remembered of the tenant turns out to be old."""
    order, job_id = taken.order, new_id("job")
    engine_limit = parts.pressure.marks.queued_jobs
    for _ in range(TRIES):
        version = await find_target(parts, principal, name=name, number=order.version)
        wrong = _too_much(taken, principal, version)
        if wrong is None:
            if store is not None:
                await store(job_id)
            admission = _admission(taken, principal, version, job_id=job_id, key=key, engine_limit=engine_limit)
            result = await parts.jobs.admit(admission, wait=wait)
            if not isinstance(result, Refused):
                return Entry(principal, version, result)
            if result.why != "stale":
                parts.metrics.refused.labels(result.why).inc()
                kept = await parts.jobs.forgets_in(principal.tenant_id) if result.why == "kept_bytes" else None
                raise refusal(result, principal, kept_seconds=kept)
        elif principal.generation == await parts.jobs.generation(principal.tenant_id):
            raise wrong  # only what is true now is a reason to refuse
        principal = await parts.auth.reload(headers)
    raise Problem("busy", "The tenant's settings keep changing; try again in a second.")


class _InputLimit:
    """The input quota plus what a JSON body may hold around the input."""

    __slots__ = ("_envelope_bytes", "_headers", "_parts", "principal")

    def __init__(
        self, parts: Parts, headers: Mapping[bytes, bytes], principal: Principal, *, envelope_bytes: int
    ) -> None:
        self._parts = parts
        self._headers = headers
        self._envelope_bytes = envelope_bytes
        self.principal = principal

    @property
    def bytes(self) -> int:
        """As remembered."""
        return self.principal.quotas.input_bytes + self._envelope_bytes

    async def ask(self) -> int:
        """As it is now."""
        self.principal = await self._parts.auth.refreshed(self.principal, self._headers)
        return self.bytes


def _envelope(headers: Mapping[bytes, bytes]) -> int:
    return ENVELOPE_BYTES if is_json(media_type(headers)[0]) else 0


def _too_much(taken: Taken, principal: Principal, version: Version) -> Problem | None:
    """What the tenant's quotas have against the order, as far as they are remembered."""
    order, quotas = taken.order, principal.quotas
    size_bytes = taken.stored_bytes or len(order.payload)
    if size_bytes > quotas.input_bytes:
        return too_large(quotas.input_bytes)
    if size_bytes > quotas.queued_bytes:
        return never_fits(quotas.queued_bytes)
    if order.timeout_seconds is not None and order.timeout_seconds > quotas.timeout_seconds:
        detail = f"timeout_seconds may be at most {quotas.timeout_seconds} for this tenant."
        return Problem("invalid_request", detail, field="timeout_seconds", maximum=quotas.timeout_seconds)
    if version.gpus > quotas.gpus:
        return over_quota(quotas)
    if quotas.requests_per_minute < 1:
        return no_rate(principal)
    return None


def _admission(
    taken: Taken, principal: Principal, version: Version, *, job_id: str, key: str | None, engine_limit: int
) -> Admission:
    order, quotas = taken.order, principal.quotas
    return Admission(
        job_id=job_id,
        tenant_id=principal.tenant.id,
        model=version.model_name,
        version_id=version.id,
        version_number=version.number,
        generation=principal.generation,
        input_kind=order.kind,
        payload=order.payload,
        timeout_seconds=timeout_of(order.timeout_seconds, version.config, quotas),
        result_seconds=quotas.result_seconds,
        deadline_seconds=order.deadline_seconds,
        cancel_after_seconds=order.cancel_after_seconds,
        webhook=order.webhook,
        idempotency_key=None if key is None else scoped(key, model_id=principal.model_id),
        input_bytes=taken.stored_bytes,
        fingerprint=taken.fingerprint,
        engine_limit=engine_limit,
        gpus=version.gpus,
        listening=principal.listening,
        **principal.limits,
    )


def too_large(limit_bytes: int) -> Problem:
    """The answer to an input over the quota."""
    return Problem("input_too_large", f"An input may have at most {limit_bytes:,} bytes.", limit_bytes=limit_bytes)
