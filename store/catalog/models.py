"""Models and their versions: uploaded, checked, looked up, deleted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import selectinload

from policies.allowlist.entries import NONE, Allowances
from policies.quotas import Quotas
from policies.verdict import Verdict
from store.catalog import versions as rows
from store.catalog.allowances import fingerprint
from store.catalog.database import Database
from store.catalog.names import checked_model_name, is_model_id, is_name
from store.catalog.quotas import quotas_of
from store.catalog.records import LoadMode, Model, Status, Version
from store.catalog.tables import ModelRow, VersionRow
from store.catalog.tenants import locked_tenant
from store.errors import ModelUnknown, TenantSuspended

_MAX_NUMBER = 2**31 - 1  # the column's; a larger number in a URL is simply unknown


class Models:
    """The models of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_version(
        self,
        tenant_id: str,
        name: str,
        *,
        source_sha256: str,
        weights_sha256: str,
        weights_bytes: int,
        source_bytes: int,
        verdict: Verdict,
        status: Status,
        config: dict[str, Any] | None = None,
        quotas: Quotas | None = None,
        allowances: Allowances = NONE,
    ) -> Version:
        """Store an upload as the name's next version, all or nothing; the name is made if it is new.

        The quotas are counted in the same transaction under the tenant's lock, so uploads at the same
        time can't both take the last place. Without ``quotas`` they are read there too.
        ``allowances`` are those the verdict was made under.
        Raises TenantUnknown, TenantSuspended, NameInvalid, ConfigInvalid and the QuotaExceeded family.
        """
        config = config or {}
        rows.check_config(config)
        upload = rows.Upload(
            source_sha256=source_sha256,
            source_bytes=source_bytes,
            weights_sha256=weights_sha256,
            weights_bytes=weights_bytes,
            config=config,
            verdict=verdict,
            status=status,
            created_at=datetime.now(UTC),
            verdict_allowances=fingerprint(allowances),
        )
        return self._store(tenant_id, checked_model_name(name), upload=upload, quotas=quotas)

    def _store(self, tenant_id: str, name: str, *, upload: rows.Upload, quotas: Quotas | None) -> Version:
        with self._database.write() as session:
            if locked_tenant(session, tenant_id).suspended_at is not None:
                raise TenantSuspended(tenant_id)
            limits = quotas or quotas_of(session, tenant_id)
            model = rows.model_for(session, tenant_id, name, upload=upload, quotas=limits)
            row = rows.append_version(session, model, upload=upload, quotas=limits)
            return rows.version_record(row, model_name=name)

    def get(self, tenant_id: str, name: str) -> Model | None:
        """The model with all its versions; None if the tenant has none of that name."""
        if not is_name(name):
            return None
        with self._database.read() as session:
            row = session.scalar(_models(tenant_id).where(_called(name)))
            return None if row is None else rows.model_record(row)

    def list(self, tenant_id: str) -> tuple[Model, ...]:
        """The tenant's models by name, each with all its versions."""
        with self._database.read() as session:
            found = session.scalars(_models(tenant_id).order_by(ModelRow.name))
            return tuple(rows.model_record(row) for row in found)

    def version(self, tenant_id: str, name: str, number: int) -> Version | None:
        """One version of one model; None if there is none."""
        if not is_name(name) or not 1 <= number <= _MAX_NUMBER:
            return None
        return self._one(_versions().where(*_named(tenant_id, name), VersionRow.number == number))

    def version_by_id(self, version_id: str) -> Version | None:
        """For those who hold an id already and have checked whose it is."""
        return self._one(_versions().where(VersionRow.id == version_id))

    def latest_ready(self, tenant_id: str, name: str) -> Version | None:
        """The version that serves the name's jobs: the highest number that is ready."""
        if not is_name(name):
            return None
        ready = _versions().where(*_named(tenant_id, name), VersionRow.status == "ready")
        return self._one(ready.order_by(VersionRow.number.desc()).limit(1))

    def checking(self, older_than_seconds: float = 0.0) -> tuple[Version, ...]:
        """Versions, oldest first, that still wait for their check after that long."""
        before = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        waiting = _versions().where(VersionRow.status == "checking", VersionRow.created_at <= before)
        with self._database.read() as session:
            found = session.execute(waiting.order_by(VersionRow.created_at, VersionRow.id))
            return tuple(rows.version_record(row, model_name=name) for row, name in found)

    def finish_check(
        self,
        version_id: str,
        *,
        status: Literal["ready", "refused", "failed"],
        load_mode: LoadMode = "auto",
        error: dict[str, Any] | None = None,
        verdict: Verdict | None = None,
        allowances: Allowances = NONE,
    ) -> bool:
        """Settle a version once: True if this call did, False if it was settled or deleted before.

        A ready or failed version can still become refused: the policy may have learned something since.
        ``allowances`` are those the verdict was made under.
        """
        legal_from = ("checking", "ready", "failed") if status == "refused" else ("checking",)
        values: dict[str, Any] = {"status": status, "error": error, "checked_at": datetime.now(UTC)}
        if status == "ready":
            values["load_mode"] = load_mode
        if verdict is not None:
            values |= rows.verdict_values(verdict, allowances)
        return self._update(version_id, legal_from, values)

    def renew_verdict(self, version: Version, *, verdict: Verdict, allowances: Allowances) -> bool:
        """Keep a newer verdict that says of the version what its old one said; False if its status moved meanwhile."""
        return self._update(version.id, (version.status,), rows.verdict_values(verdict, allowances))

    def reopen(self, version_id: str, *, verdict: Verdict, allowances: Allowances) -> bool:
        """A refused version that the policy accepts now waits for its check again; False if it isn't refused."""
        values = rows.verdict_values(verdict, allowances) | {"status": "checking", "error": None, "checked_at": None}
        return self._update(version_id, ("refused",), values)

    def page(
        self, *, after: str = "", limit: int, statuses: Collection[Status], tenant_id: str | None = None
    ) -> tuple[Version, ...]:
        """Versions of these statuses by id, from the one behind ``after`` on; fewer than ``limit`` are the last."""
        query = _versions().where(VersionRow.id > after, VersionRow.status.in_(statuses))
        if tenant_id is not None:
            query = query.where(VersionRow.tenant_id == tenant_id)
        with self._database.read() as session:
            found = session.execute(query.order_by(VersionRow.id).limit(limit))
            return tuple(rows.version_record(row, model_name=name) for row, name in found)

    def storage_used(self, tenant_id: str) -> int:
        """Bytes that count against the tenant's storage quota."""
        with self._database.read() as session:
            return rows.storage_used(session, tenant_id)

    def blobs(self) -> frozenset[str]:
        """The hashes of every blob that some version needs."""
        with self._database.read() as session:
            sources = session.scalars(select(VersionRow.source_sha256).distinct()).all()
            weights = session.scalars(select(VersionRow.weights_sha256).distinct()).all()
        return frozenset(sources) | frozenset(weights)

    def needs_blob(self, sha256: str) -> bool:
        """True when some version has that blob as its source or its weights."""
        named = or_(VersionRow.source_sha256 == sha256, VersionRow.weights_sha256 == sha256)
        with self._database.read() as session:
            return session.scalar(select(VersionRow.id).where(named).limit(1)) is not None

    def delete(self, tenant_id: str, name: str) -> Model:
        """Forget the model, its versions and its access tokens; what it was. Raises ModelUnknown.

        Blobs stay until they are swept: another version may have the same ones.
        """
        with self._database.write() as session:
            row = session.scalar(_models(tenant_id).where(_called(name))) if is_name(name) else None
            if row is None:
                raise ModelUnknown(name)
            model = rows.model_record(row)
            session.execute(delete(ModelRow).where(ModelRow.id == row.id))  # versions and keys go by cascade
            return model

    def _update(self, version_id: str, legal_from: Collection[str], values: dict[str, Any]) -> bool:
        change = update(VersionRow).where(VersionRow.id == version_id, VersionRow.status.in_(legal_from))
        with self._database.write() as session:
            return session.execute(change.values(**values).returning(VersionRow.id)).first() is not None

    def _one(self, query: Select[VersionRow, str]) -> Version | None:
        with self._database.read() as session:
            found = session.execute(query).first()
            return None if found is None else rows.version_record(found[0], model_name=found[1])


def _models(tenant_id: str) -> Select[ModelRow]:
    return select(ModelRow).where(ModelRow.tenant_id == tenant_id).options(selectinload(ModelRow.versions))


def _versions() -> Select[VersionRow, str]:
    return select(VersionRow, ModelRow.name).join(ModelRow, VersionRow.model_id == ModelRow.id)


def _named(tenant_id: str, name: str) -> tuple[Any, Any]:
    return ModelRow.tenant_id == tenant_id, _called(name)


def _called(name: str) -> Any:
    """A model's id does wherever its name does; no name looks like an id."""
    return ModelRow.id == name if is_model_id(name) else ModelRow.name == name
