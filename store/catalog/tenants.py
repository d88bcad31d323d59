"""Tenants: who they are, and whether they are served."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from store.catalog.database import Database
from store.catalog.names import checked_name
from store.catalog.records import Tenant
from store.catalog.tables import TenantRow
from store.errors import NameInvalid, TenantExists, TenantUnknown
from store.ids import new_id


class Tenants:
    """The tenants of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str) -> Tenant:
        """A new tenant with a fresh webhook secret. Raises TenantExists, NameInvalid."""
        if name.startswith("ten_"):  # what looks like an id would make "id or name" ambiguous
            raise NameInvalid(name)
        row = TenantRow(
            id=new_id("ten"),
            name=checked_name(name),
            created_at=datetime.now(UTC),
            suspended_at=None,
            webhook_secret=new_webhook_secret(),
            secret_rotated_at=None,
        )
        try:
            with self._database.write() as session:
                session.add(row)
                session.flush()
                return _record(row)
        except IntegrityError as exc:
            raise TenantExists(name) from exc

    def get(self, id_or_name: str) -> Tenant:
        """Raises TenantUnknown."""
        with self._database.read() as session:
            return _record(find_tenant(session, id_or_name))

    def list(self) -> tuple[Tenant, ...]:
        """Every tenant, by name."""
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(select(TenantRow).order_by(TenantRow.name)))

    def suspend(self, id_or_name: str) -> Tenant:
        """Stop serving it. Nothing is deleted. Suspending twice keeps the first time. Raises TenantUnknown."""
        with self._database.write() as session:
            row = find_tenant(session, id_or_name)
            row.suspended_at = row.suspended_at or datetime.now(UTC)
            return _record(row)

    def resume(self, id_or_name: str) -> Tenant:
        """Serve it again. Raises TenantUnknown."""
        with self._database.write() as session:
            row = find_tenant(session, id_or_name)
            row.suspended_at = None
            return _record(row)


def new_webhook_secret() -> str:
    """32 random bytes as Standard Webhooks writes a secret.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def locked_tenant(session: Session, tenant_id: str) -> TenantRow:
    """The tenant's row, nobody else's to lock until the transaction ends. Raises TenantUnknown."""
    row = session.get(TenantRow, tenant_id, with_for_update=True)
    if row is None:
        raise TenantUnknown(tenant_id)
    return row


def find_tenant(session: Session, id_or_name: str, *, lock: bool = False) -> TenantRow:
    """The tenant's row; with ``lock`` nobody else's to lock until the transaction ends. Raises TenantUnknown."""
    query = select(TenantRow).where(or_(TenantRow.id == id_or_name, TenantRow.name == id_or_name))
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise TenantUnknown(id_or_name)
    return row


def _record(row: TenantRow) -> Tenant:
    return Tenant(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        suspended_at=row.suspended_at,
        webhook_secret=row.webhook_secret,
    )
