"""Plans: named sets of quotas. A tenant's own quota wins over its plan's, and that over the default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from store.catalog.database import Database
from store.catalog.names import checked_name
from store.catalog.quotas import check_quota
from store.catalog.records import Plan
from store.catalog.tables import PlanQuotaRow, PlanRow, TenantPlanRow
from store.catalog.tenants import locked_tenant
from store.errors import PlanExists, PlanInUse, PlanUnknown


class Plans:
    """The plans of one catalogue.

    What changes a plan changes the quotas of every tenant on it: the record that comes back names them as they
    were in the same transaction, for the caller to move their generations.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, values: Mapping[str, int]) -> Plan:
        """A new plan that sets the named quotas. Raises PlanExists, NameInvalid, QuotaUnknown, QuotaInvalid."""
        _check(values)
        row = PlanRow(name=checked_name(name), created_at=datetime.now(UTC))
        try:
            with self._database.write() as session:
                session.add(row)
                session.flush()
                return _change(session, row, values)
        except IntegrityError as exc:
            raise PlanExists(name) from exc

    def set(self, name: str, values: Mapping[str, int]) -> Plan:
        """Change the named quotas, all or none. Raises PlanUnknown, QuotaUnknown, QuotaInvalid."""
        _check(values)
        with self._database.write() as session:
            return _change(session, _locked(session, name), values)

    def reset(self, name: str, quotas: Iterable[str]) -> Plan:
        """Leave the named quotas to the default again. Raises PlanUnknown."""
        with self._database.write() as session:
            row = _locked(session, name)
            named = PlanQuotaRow.name.in_(tuple(quotas))
            session.execute(delete(PlanQuotaRow).where(PlanQuotaRow.plan == name, named))
            return _record(session, row)

    def get(self, name: str) -> Plan:
        """Raises PlanUnknown."""
        with self._database.read() as session:
            row = session.get(PlanRow, name)
            if row is None:
                raise PlanUnknown(name)
            return _record(session, row)

    def list(self) -> tuple[Plan, ...]:
        """Every plan, by name."""
        with self._database.read() as session:
            return tuple(_record(session, row) for row in session.scalars(select(PlanRow).order_by(PlanRow.name)))

    def delete(self, name: str) -> None:
        """Forget a plan that no tenant is on. Raises PlanUnknown, PlanInUse."""
        with self._database.write() as session:
            row = _locked(session, name)
            if tenants := _tenants(session, name):
                raise PlanInUse(name, tenants=len(tenants))
            session.execute(delete(PlanQuotaRow).where(PlanQuotaRow.plan == name))
            session.delete(row)

    def assign(self, tenant_id: str, name: str | None) -> None:
        """Put a tenant on a plan; None takes it off its plan. Raises TenantUnknown, PlanUnknown."""
        with self._database.write() as session:
            locked_tenant(session, tenant_id)
            if name is None:
                session.execute(delete(TenantPlanRow).where(TenantPlanRow.tenant_id == tenant_id))
                return
            # Locked, so that it can neither be deleted meanwhile nor change without knowing of this tenant.
            _locked(session, name)
            session.merge(TenantPlanRow(tenant_id=tenant_id, plan=name))

    def of(self, tenant_id: str) -> str | None:
        """The name of the tenant's plan, or None."""
        with self._database.read() as session:
            row = session.get(TenantPlanRow, tenant_id)
            return None if row is None else row.plan


def _check(values: Mapping[str, int]) -> None:
    for name, value in values.items():
        check_quota(name, value)


def _locked(session: Session, name: str) -> PlanRow:
    row = session.get(PlanRow, name, with_for_update=True)
    if row is None:
        raise PlanUnknown(name)
    return row


def _change(session: Session, row: PlanRow, values: Mapping[str, int]) -> Plan:
    for name, value in values.items():
        session.merge(PlanQuotaRow(plan=row.name, name=name, value=value))
    session.flush()
    return _record(session, row)


def _record(session: Session, row: PlanRow) -> Plan:
    quotas = session.execute(select(PlanQuotaRow.name, PlanQuotaRow.value).where(PlanQuotaRow.plan == row.name))
    return Plan(
        name=row.name,
        created_at=row.created_at,
        quotas={quota.name: quota.value for quota in quotas},
        tenant_ids=_tenants(session, row.name),
    )


def _tenants(session: Session, plan: str) -> tuple[str, ...]:
    found = select(TenantPlanRow.tenant_id).where(TenantPlanRow.plan == plan).order_by(TenantPlanRow.tenant_id)
    return tuple(session.scalars(found))
