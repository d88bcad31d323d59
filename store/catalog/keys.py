"""Bearer keys: made once, shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.catalog.database import Database
from store.catalog.records import Key
from store.catalog.tables import KeyRow, ModelRow, TenantRow
from store.errors import KeyUnknown, ModelUnknown, TenantUnknown
from store.ids import new_id

SECRET_PREFIX = "cloche_"  # lets secret scanners and people recognise a leaked key
SHOWN_CHARACTERS = 6  # of the secret part: enough to tell keys apart, 220 random bits stay unknown
NAME_CHARACTERS = 100


class Keys:
    """The keys of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, tenant_id: str, *, name: str, model_id: str | None = None) -> tuple[Key, str]:
        """A new key and its secret, which can't be had again. With ``model_id``, one that only runs that model.

        Raises TenantUnknown, ModelUnknown (also for a model of another tenant).
        """
        secret = SECRET_PREFIX + secrets.token_urlsafe(32)
        row = KeyRow(
            id=new_id("key"),
            tenant_id=tenant_id,
            model_id=model_id,
            name=name[:NAME_CHARACTERS],
            prefix=secret[: len(SECRET_PREFIX) + SHOWN_CHARACTERS],
            hash=_hash(secret),
            created_at=datetime.now(UTC),
            revoked_at=None,
        )
        with self._database.write() as session:
            _check_owner(session, tenant_id, model_id)
            session.add(row)
            session.flush()
            return _record(row), secret

    def find(self, secret: str) -> Key | None:
        """The key with that secret unless it is revoked. Says nothing about the tenant being suspended.

        Looked up by hash, so the time it takes tells nothing about the secret.
        """
        with self._database.read() as session:
            row = session.scalar(select(KeyRow).where(KeyRow.hash == _hash(secret), KeyRow.revoked_at.is_(None)))
            return None if row is None else _record(row)

    def list(self, tenant_id: str) -> tuple[Key, ...]:
        """The tenant's keys in the order they were made, revoked ones included."""
        with self._database.read() as session:
            rows = session.scalars(select(KeyRow).where(KeyRow.tenant_id == tenant_id).order_by(KeyRow.id))
            return tuple(_record(row) for row in rows)

    def revoke(self, key_id: str, *, tenant_id: str | None = None) -> Key:
        """Make the secret worthless. Revoking twice keeps the first time.

        Raises KeyUnknown, also when ``tenant_id`` is given and the key is another tenant's.
        """
        with self._database.write() as session:
            row = session.get(KeyRow, key_id)
            if row is None or tenant_id not in (None, row.tenant_id):
                raise KeyUnknown(key_id)
            row.revoked_at = row.revoked_at or datetime.now(UTC)
            return _record(row)


def _hash(secret: str) -> str:
    # surrogatepass: whatever a client sends as a key has a hash, and none of it is one of ours.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _check_owner(session: Session, tenant_id: str, model_id: str | None) -> None:
    if session.get(TenantRow, tenant_id) is None:
        raise TenantUnknown(tenant_id)
    if model_id is None:
        return
    model = session.get(ModelRow, model_id)
    if model is None or model.tenant_id != tenant_id:
        raise ModelUnknown(model_id)


def _record(row: KeyRow) -> Key:
    return Key(
        id=row.id,
        tenant_id=row.tenant_id,
        name=row.name,
        prefix=row.prefix,
        created_at=row.created_at,
        model_id=row.model_id,
        revoked_at=row.revoked_at,
    )
