"""The secrets of tenants themselves, which sign what goes to the URLs that came with jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.catalog.database import Database
from store.catalog.endpoints import GRACE_SECONDS, SECRETS_KEPT
from store.catalog.records import SigningSecret
from store.catalog.tables import TenantRow, TenantSecretRow
from store.catalog.tenants import find_tenant, new_webhook_secret


class TenantSecrets:
    """The tenants' own secrets in one catalogue. Each tenant has one from its making on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, id_or_name: str) -> tuple[SigningSecret, ...]:
        """The secrets in force, newest first; never none. Raises TenantUnknown."""
        with self._database.read() as session:
            return _in_force(session, find_tenant(session, id_or_name), datetime.now(UTC))

    def rotate(self, id_or_name: str, *, grace_seconds: int = GRACE_SECONDS) -> tuple[SigningSecret, ...]:
        """A new secret, and those in force beside it: the one before for ``grace_seconds``. Raises TenantUnknown."""
        now = datetime.now(UTC)
        with self._database.write() as session:
            # Locked: of two rotations at once, the second one's old secret is the first one's new one.
            tenant = find_tenant(session, id_or_name, lock=True)
            kept = () if grace_seconds == 0 else _in_force(session, tenant, now)[: SECRETS_KEPT - 1]
            mine, names = TenantSecretRow.tenant_id == tenant.id, [each.secret for each in kept]
            session.execute(delete(TenantSecretRow).where(mine, TenantSecretRow.secret.not_in(names)))
            if kept:
                session.add(_retired(kept[0], tenant_id=tenant.id, expires_at=now + timedelta(seconds=grace_seconds)))
            tenant.webhook_secret, tenant.secret_rotated_at = new_webhook_secret(), now
            session.flush()
            return _in_force(session, tenant, now)


def _in_force(session: Session, tenant: TenantRow, now: datetime) -> tuple[SigningSecret, ...]:
    mine = select(TenantSecretRow).where(TenantSecretRow.tenant_id == tenant.id, TenantSecretRow.expires_at > now)
    older = session.scalars(mine.order_by(TenantSecretRow.created_at.desc()))
    newest = SigningSecret(tenant.webhook_secret, created_at=tenant.secret_rotated_at or tenant.created_at)
    return (newest, *(SigningSecret(row.secret, row.created_at, row.expires_at) for row in older))


def _retired(secret: SigningSecret, *, tenant_id: str, expires_at: datetime) -> TenantSecretRow:
    return TenantSecretRow(
        secret=secret.secret, tenant_id=tenant_id, created_at=secret.created_at, expires_at=expires_at
    )
