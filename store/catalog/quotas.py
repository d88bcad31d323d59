"""Quotas: the defaults of the running release, what a tenant's plan sets, and what an operator set for the tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields

from sqlalchemy import BindParameter, bindparam, delete, literal, select, union_all
from sqlalchemy.orm import Session

from policies.limits import MEMORY_FLOOR_BYTES
from policies.quotas import QUOTA_NAMES, Quotas
from store.catalog.database import Database
from store.catalog.records import Origin
from store.catalog.tables import PlanQuotaRow, QuotaRow, TenantPlanRow, TenantRow
from store.catalog.tenants import locked_tenant
from store.errors import QuotaInvalid, QuotaUnknown, TenantUnknown

MAXIMUM = 2**53 - 1  # what JSON and Lua can count to without rounding
# A tenant may be given none of these; the others describe one job or one sandbox and can't be nothing.
_MAY_BE_ZERO = frozenset(
    {
        *("models", "versions", "webhooks", "storage_bytes", "queued_jobs", "concurrency", "requests_per_minute"),
        *("run_seconds_per_month", "gpu_seconds_per_month", "gpus", "batches"),
    }
)
_TENANT: BindParameter[str] = bindparam("tenant_id")
# Every turn of a worker asks this: one question, put together once.
_SET = union_all(
    select(PlanQuotaRow.name, PlanQuotaRow.value, literal("plan"))
    .join(TenantPlanRow, TenantPlanRow.plan == PlanQuotaRow.plan)
    .where(TenantPlanRow.tenant_id == _TENANT),
    select(QuotaRow.name, QuotaRow.value, literal("tenant")).where(QuotaRow.tenant_id == _TENANT),
)


class QuotaTable:
    """The quotas of one catalogue's tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant_id: str) -> Quotas:
        """What the tenant may use now. Raises TenantUnknown."""
        with self._database.read() as session:
            if session.get(TenantRow, tenant_id) is None:
                raise TenantUnknown(tenant_id)
            return quotas_of(session, tenant_id)

    def origins(self, tenant_id: str) -> dict[str, Origin]:
        """Where each quota comes from: the tenant's own setting, its plan, or the default. Raises TenantUnknown."""
        with self._database.read() as session:
            if session.get(TenantRow, tenant_id) is None:
                raise TenantUnknown(tenant_id)
            found: dict[str, Origin] = dict.fromkeys(QUOTA_NAMES, "default")
            return found | {name: origin for name, (_, origin) in _set_of(session, tenant_id).items()}

    def set(self, tenant_id: str, values: Mapping[str, int]) -> Quotas:
        """Change the named ones, all or none, and say what holds now.

        Nothing that the tenant already has is taken away. Raises TenantUnknown, QuotaUnknown, QuotaInvalid.
        """
        for name, value in values.items():
            check_quota(name, value)
        with self._database.write() as session:
            locked_tenant(session, tenant_id)
            for name, value in values.items():
                session.merge(QuotaRow(tenant_id=tenant_id, name=name, value=value))
            session.flush()
            return quotas_of(session, tenant_id)

    def reset(self, tenant_id: str, names: Iterable[str]) -> Quotas:
        """Leave the named ones to the plan or the default again, and say what holds now. Raises TenantUnknown."""
        with self._database.write() as session:
            locked_tenant(session, tenant_id)
            named = QuotaRow.name.in_(tuple(names))
            session.execute(delete(QuotaRow).where(QuotaRow.tenant_id == tenant_id, named))
            return quotas_of(session, tenant_id)


def check_quota(name: str, value: int) -> None:
    """Raises QuotaUnknown, QuotaInvalid."""
    check_quota_name(name)
    minimum = MEMORY_FLOOR_BYTES if name == "memory_bytes" else int(name not in _MAY_BE_ZERO)
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= MAXIMUM:
        raise QuotaInvalid(name, value, minimum=minimum, maximum=MAXIMUM)


def check_quota_name(name: str) -> None:
    """Raises QuotaUnknown."""
    if name not in QUOTA_NAMES:
        raise QuotaUnknown(name, known=QUOTA_NAMES)


def quotas_of(session: Session, tenant_id: str) -> Quotas:
    """The quotas as the transaction sees them."""
    return Quotas(**{name: value for name, (value, _) in _set_of(session, tenant_id).items()})


def _set_of(session: Session, tenant_id: str) -> dict[str, tuple[int, Origin]]:
    """What somebody set, the tenant's own over its plan's. A name this release doesn't know is ignored."""
    known = {field.name for field in fields(Quotas)}
    rows = session.execute(_SET, {"tenant_id": tenant_id}).all()
    found: dict[str, tuple[int, Origin]] = {name: (value, "plan") for name, value, of in rows if of == "plan"}
    found |= {name: (value, "tenant") for name, value, of in rows if of == "tenant"}
    return {name: held for name, held in found.items() if name in known}
