"""Under which conditions the lines of a batch are admitted now: the tenant's quotas, the version's state."""

from __future__ import annotations

from dataclasses import dataclass, field

from policies.quotas import Quotas
from store.batches.records import BatchRecord, line_job_id
from store.catalog import Catalog
from store.errors import TenantUnknown
from store.jobs.records import Admission, admission_limits

NOT_SERVED = "This version is no longer served: it was deleted or refused."
NO_TENANT = "The tenant was deleted."
UNCOLLECTED_SECONDS = 7 * 86_400  # without any pump, results of lines wait this long


@dataclass(frozen=True, slots=True)
class Conditions:
    """What was true for ``generation``. ``refused``: no line can run any more; ``waits_for``: none can for now."""

    generation: int
    quotas: Quotas = field(default_factory=Quotas)
    gpus: int = 0
    refused: str = ""
    waits_for: str = ""


def look_up(catalog: Catalog, record: BatchRecord, *, generation: int) -> Conditions:
    """As the catalogue has it. Blocks. ``generation`` has been read before. Raises CatalogUnavailable."""
    try:
        tenant = catalog.tenants.get(record.tenant_id)
        quotas = catalog.terms(record.tenant_id).quotas
    except TenantUnknown:
        return Conditions(generation, refused=NO_TENANT)
    if tenant.suspended_at is not None:
        return Conditions(generation, waits_for="tenant_suspended")
    version = catalog.models.version_by_id(record.version_id)
    if version is None or version.status != "ready":
        return Conditions(generation, refused=NOT_SERVED)
    return Conditions(generation, quotas=quotas, gpus=version.gpus)


def admission(
    record: BatchRecord,
    conditions: Conditions,
    *,
    index: int,
    payload: bytes,
    input_bytes: int | None,
    engine_limit: int,
    now_ms: int,
) -> Admission:
    """The line's job. Its record is kept for a week, or until its result is collected: that is what ends it.

    Of its end nobody is told but the batch.
    """
    quotas = conditions.quotas
    return Admission(
        job_id=line_job_id(record.id, index),
        tenant_id=record.tenant_id,
        model=record.model,
        version_id=record.version_id,
        version_number=record.version_number,
        generation=conditions.generation,
        input_kind="json",
        payload=payload,
        timeout_seconds=min(record.timeout_seconds, quotas.timeout_seconds),
        result_seconds=max(quotas.result_seconds, UNCOLLECTED_SECONDS),
        gpus=conditions.gpus,
        input_bytes=input_bytes,
        engine_limit=engine_limit,
        listening=None,
        deadline_seconds=max(1, record.deadline_ms - now_ms) / 1000 if record.deadline_ms else None,
        **admission_limits(quotas),
    )
