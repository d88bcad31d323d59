"""Webhook endpoints: where a tenant wants to be told of what, and the secrets that prove who told it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from policies.events import mask_of
from policies.quotas import Quotas
from store.catalog.database import Database
from store.catalog.records import Destination, DisabledReason, SigningSecret, WebhookEndpoint
from store.catalog.tables import EndpointRow, EndpointSecretRow, TenantRow
from store.catalog.tenants import locked_tenant, new_webhook_secret
from store.errors import EndpointHeld, EndpointUnknown, TenantSuspended, WebhookQuotaExceeded
from store.ids import new_id

DESCRIPTION_CHARACTERS = 500
NOTE_CHARACTERS = 500
GRACE_SECONDS = 86_400  # how long an old secret is signed with beside its successor, unless the tenant says otherwise
GRACE_MAX_SECONDS = 7 * 86_400
SECRETS_KEPT = 4  # in force at once; each one is a signature in a header


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a tenant changes about an endpoint; None leaves it as it is."""

    url: str | None = None
    description: str | None = None
    events: tuple[str, ...] | None = None
    enabled: bool | None = None


class Endpoints:
    """The webhook endpoints of one catalogue. URLs and events are stored as given: callers judge them before.

    What names an endpoint and a tenant raises EndpointUnknown where it is another tenant's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, tenant_id: str, *, url: str, events: Iterable[str], description: str, quotas: Quotas
    ) -> tuple[WebhookEndpoint, SigningSecret]:
        """An endpoint, enabled, and its first secret. Raises TenantUnknown, TenantSuspended, WebhookQuotaExceeded."""
        now = datetime.now(UTC)
        row = EndpointRow(
            id=new_id("whk"),
            tenant_id=tenant_id,
            url=url,
            description=description[:DESCRIPTION_CHARACTERS],
            events=list(events),
            created_at=now,
            updated_at=now,
            disabled_at=None,
            disabled_reason=None,
            disabled_note="",
        )
        with self._database.write() as session:
            if locked_tenant(session, tenant_id).suspended_at is not None:
                raise TenantSuspended(tenant_id)
            used = session.scalar(select(func.count()).where(EndpointRow.tenant_id == tenant_id)) or 0
            if used >= quotas.webhooks:
                raise WebhookQuotaExceeded(limit=quotas.webhooks, used=used)
            session.add(row)
            session.flush()
            return _record(row), _new_secret(session, row.id, now)

    def get(self, endpoint_id: str, *, tenant_id: str | None = None) -> WebhookEndpoint:
        """The endpoint; with ``tenant_id`` only that tenant's. Raises EndpointUnknown."""
        with self._database.read() as session:
            return _record(_find(session, endpoint_id, tenant_id))

    def list(self, tenant_id: str) -> tuple[WebhookEndpoint, ...]:
        """The tenant's endpoints in the order they were made."""
        query = select(EndpointRow).where(EndpointRow.tenant_id == tenant_id).order_by(EndpointRow.id)
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(query))

    def secrets(self, endpoint_id: str, *, tenant_id: str | None = None) -> tuple[SigningSecret, ...]:
        """The secrets in force, newest first. Raises EndpointUnknown."""
        with self._database.read() as session:
            _find(session, endpoint_id, tenant_id)
            return _secrets(session, endpoint_id, datetime.now(UTC))

    def destination(self, endpoint_id: str) -> Destination | None:
        """All that sending needs; None when the endpoint is gone."""
        with self._database.read() as session:
            row = session.get(EndpointRow, endpoint_id)
            if row is None:
                return None
            tenant = session.get_one(TenantRow, row.tenant_id)
            secrets = tuple(each.secret for each in _secrets(session, endpoint_id, datetime.now(UTC)))
            return Destination(_record(row), secrets, tenant_suspended=tenant.suspended_at is not None)

    def update(self, endpoint_id: str, changes: Changes, *, tenant_id: str) -> WebhookEndpoint:
        """Change what is named. Raises EndpointUnknown; EndpointHeld for enabling what the operator disabled."""
        with self._database.write() as session:
            row = _find(session, endpoint_id, tenant_id)
            if changes.enabled and row.disabled_reason == "by_operator":
                raise EndpointHeld(endpoint_id)
            if changes.url is not None:
                row.url = changes.url
            if changes.description is not None:
                row.description = changes.description[:DESCRIPTION_CHARACTERS]
            if changes.events is not None:
                row.events = list(changes.events)
            if changes.enabled is True:
                _enable(row)
            elif changes.enabled is False and row.disabled_at is None:
                _disable(row, reason="by_tenant", note="Disabled by the tenant.")
            row.updated_at = datetime.now(UTC)
            return _record(row)

    def enable(self, endpoint_id: str) -> WebhookEndpoint:
        """The operator's way: whatever disabled it. Raises EndpointUnknown."""
        with self._database.write() as session:
            row = _find(session, endpoint_id, None)
            _enable(row)
            row.updated_at = datetime.now(UTC)
            return _record(row)

    def disable(
        self, endpoint_id: str, *, reason: DisabledReason, note: str, only_url: str | None = None
    ) -> WebhookEndpoint | None:
        """Send nothing more to it. None, and nothing changed, when it is gone or disabled already.

        With ``only_url`` also when it has another URL by now: what the old one answered says nothing of it.
        An operator's word stands above what the endpoint or its tenant did.
        """
        with self._database.write() as session:
            row = session.get(EndpointRow, endpoint_id)
            if row is None or only_url not in (None, row.url):
                return None
            if row.disabled_at is not None and (reason != "by_operator" or row.disabled_reason == reason):
                return None
            _disable(row, reason=reason, note=note)
            row.updated_at = datetime.now(UTC)
            return _record(row)

    def rotate(
        self, endpoint_id: str, *, tenant_id: str | None = None, grace_seconds: int = GRACE_SECONDS
    ) -> tuple[WebhookEndpoint, SigningSecret]:
        """A new secret; those before it are signed with for ``grace_seconds`` more. Raises EndpointUnknown."""
        now = datetime.now(UTC)
        with self._database.write() as session:
            row = _find(session, endpoint_id, tenant_id)
            mine = EndpointSecretRow.endpoint_id == endpoint_id
            session.execute(delete(EndpointSecretRow).where(mine, EndpointSecretRow.expires_at <= now))
            old = session.scalars(select(EndpointSecretRow).where(mine).order_by(EndpointSecretRow.created_at.desc()))
            for place, secret in enumerate(old.all()):
                if place >= SECRETS_KEPT - 1 or grace_seconds == 0:
                    session.delete(secret)
                elif secret.expires_at is None:
                    secret.expires_at = now + timedelta(seconds=grace_seconds)
            row.updated_at = now
            return _record(row), _new_secret(session, endpoint_id, now)

    def delete(self, endpoint_id: str, *, tenant_id: str | None = None) -> WebhookEndpoint:
        """Forget it and its secrets. Raises EndpointUnknown."""
        with self._database.write() as session:
            row = _find(session, endpoint_id, tenant_id)
            found = _record(row)
            session.delete(row)
            return found


def listening_of(session: Session, tenant_id: str) -> int:
    """What the tenant's enabled endpoints ask for together."""
    rows = session.scalars(
        select(EndpointRow.events).where(EndpointRow.tenant_id == tenant_id, EndpointRow.disabled_at.is_(None))
    )
    mask = 0
    for events in rows:
        mask |= mask_of(events)
    return mask


def _find(session: Session, endpoint_id: str, tenant_id: str | None) -> EndpointRow:
    row = session.get(EndpointRow, endpoint_id)
    if row is None or tenant_id not in (None, row.tenant_id):
        raise EndpointUnknown(endpoint_id)
    return row


def _enable(row: EndpointRow) -> None:
    row.disabled_at, row.disabled_reason, row.disabled_note = None, None, ""


def _disable(row: EndpointRow, *, reason: DisabledReason, note: str) -> None:
    if row.disabled_reason == "by_operator":
        return
    row.disabled_at = row.disabled_at or datetime.now(UTC)
    row.disabled_reason, row.disabled_note = reason, note[:NOTE_CHARACTERS]


def _new_secret(session: Session, endpoint_id: str, now: datetime) -> SigningSecret:
    row = EndpointSecretRow(secret=new_webhook_secret(), endpoint_id=endpoint_id, created_at=now, expires_at=None)
    session.add(row)
    session.flush()
    return _secret(row)


def _in_force(now: datetime) -> ColumnElement[bool]:
    return or_(EndpointSecretRow.expires_at.is_(None), EndpointSecretRow.expires_at > now)


def _secrets(session: Session, endpoint_id: str, now: datetime) -> tuple[SigningSecret, ...]:
    query = select(EndpointSecretRow).where(EndpointSecretRow.endpoint_id == endpoint_id, _in_force(now))
    return tuple(_secret(row) for row in session.scalars(query.order_by(EndpointSecretRow.created_at.desc())))


def _secret(row: EndpointSecretRow) -> SigningSecret:
    return SigningSecret(row.secret, created_at=row.created_at, expires_at=row.expires_at)


def _record(row: EndpointRow) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=row.id,
        tenant_id=row.tenant_id,
        url=row.url,
        description=row.description,
        events=tuple(row.events),
        created_at=row.created_at,
        updated_at=row.updated_at,
        disabled_at=row.disabled_at,
        disabled_reason=cast("DisabledReason | None", row.disabled_reason),
        disabled_note=row.disabled_note,
    )
