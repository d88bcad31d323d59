"""Quotas: the defaults of the running release, and what an operator set for one tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from sqlalchemy import select
from sqlalchemy.orm import Session

from policies.limits import MEMORY_FLOOR_BYTES
from policies.quotas import QUOTA_NAMES, Quotas
from store.catalog.database import Database
from store.catalog.tables import QuotaRow, TenantRow
from store.catalog.tenants import locked_tenant
from store.errors import QuotaInvalid, QuotaUnknown, TenantUnknown

MAXIMUM = 2**53 - 1  # what JSON and Lua can count to without rounding
# A tenant may be given none of these; the others describe one job or one sandbox and can't be nothing.
_MAY_BE_ZERO = frozenset(
    {
        *("models", "versions", "storage_bytes", "queued_jobs", "concurrency", "requests_per_minute"),
        *("run_seconds_per_month", "gpu_seconds_per_month"),
    }
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


def check_quota(name: str, value: int) -> None:
    """Raises QuotaUnknown, QuotaInvalid."""
    if name not in QUOTA_NAMES:
        raise QuotaUnknown(name, known=QUOTA_NAMES)
    minimum = MEMORY_FLOOR_BYTES if name == "memory_bytes" else int(name not in _MAY_BE_ZERO)
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= MAXIMUM:
        raise QuotaInvalid(name, value, minimum=minimum, maximum=MAXIMUM)


def quotas_of(session: Session, tenant_id: str) -> Quotas:
    """The quotas as the transaction sees them. A row whose name this release doesn't know is ignored."""
    rows = session.execute(select(QuotaRow.name, QuotaRow.value).where(QuotaRow.tenant_id == tenant_id))
    known = {field.name for field in fields(Quotas)}
    return Quotas(**{name: value for name, value in rows if name in known})
