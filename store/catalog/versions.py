"""Adding a version under the tenant's quotas, and turning rows into records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from policies.allowlist.entries import Allowances
from policies.quotas import Quotas
from policies.verdict import Verdict
from store.catalog.allowances import fingerprint
from store.catalog.records import LoadMode, Model, Status, Version
from store.catalog.tables import ModelRow, VersionRow
from store.errors import ConfigInvalid, ModelQuotaExceeded, StorageQuotaExceeded, VersionQuotaExceeded
from store.ids import new_id


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload stores of itself in the catalogue; the bytes are blobs already."""

    source_sha256: str
    source_bytes: int
    weights_sha256: str
    weights_bytes: int
    config: dict[str, Any]
    verdict: Verdict
    status: Status
    created_at: datetime
    verdict_allowances: str = ""

    @property
    def total_bytes(self) -> int:
        """What counts against the storage quota."""
        return self.source_bytes + self.weights_bytes


def check_config(config: dict[str, Any]) -> None:
    """Raises ConfigInvalid for what is not JSON."""
    try:
        json.dumps(config, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise ConfigInvalid(str(exc)) from exc


def model_for(session: Session, tenant_id: str, name: str, *, upload: Upload, quotas: Quotas) -> ModelRow:
    """The model of that name, made if there is room for one. The caller holds the tenant's lock."""
    row = session.scalar(select(ModelRow).where(ModelRow.tenant_id == tenant_id, ModelRow.name == name))
    if row is not None:
        return row
    used = session.scalar(select(func.count()).select_from(ModelRow).where(ModelRow.tenant_id == tenant_id)) or 0
    if used >= quotas.models:
        raise ModelQuotaExceeded(limit=quotas.models, used=used)
    row = ModelRow(id=new_id("mdl"), tenant_id=tenant_id, name=name, created_at=upload.created_at, last_number=0)
    session.add(row)
    session.flush()
    return row


def append_version(session: Session, model: ModelRow, *, upload: Upload, quotas: Quotas) -> VersionRow:
    """The model's next version, if the quotas have room for it. The caller holds the tenant's lock."""
    used = session.scalar(select(func.count()).select_from(VersionRow).where(VersionRow.model_id == model.id)) or 0
    if used >= quotas.versions:
        raise VersionQuotaExceeded(model.name, limit=quotas.versions, used=used)
    stored_bytes = storage_used(session, model.tenant_id)
    if stored_bytes + upload.total_bytes > quotas.storage_bytes:
        raise StorageQuotaExceeded(limit=quotas.storage_bytes, used=stored_bytes, wanted_bytes=upload.total_bytes)
    model.last_number += 1
    row = _row(model, upload)
    session.add(row)
    session.flush()
    return row


def storage_used(session: Session, tenant_id: str) -> int:
    """Bytes of every version of the tenant, shared blobs counted each time."""
    total = func.sum(VersionRow.source_bytes + VersionRow.weights_bytes)
    return int(session.scalar(select(func.coalesce(total, 0)).where(VersionRow.tenant_id == tenant_id)) or 0)


def _row(model: ModelRow, upload: Upload) -> VersionRow:
    return VersionRow(
        id=new_id("ver"),
        model_id=model.id,
        tenant_id=model.tenant_id,
        number=model.last_number,
        status=upload.status,
        class_name=upload.verdict.class_name or "",
        source_sha256=upload.source_sha256,
        source_bytes=upload.source_bytes,
        weights_sha256=upload.weights_sha256,
        weights_bytes=upload.weights_bytes,
        config=upload.config,
        verdict=upload.verdict,
        error=None,
        load_mode="auto",
        created_at=upload.created_at,
        checked_at=None if upload.status == "checking" else upload.created_at,
        verdict_allowances=upload.verdict_allowances,
    )


def verdict_values(verdict: Verdict, allowances: Allowances) -> dict[str, Any]:
    """What a new verdict changes in a version's row."""
    return {
        "verdict": verdict,
        "class_name": verdict.class_name or "",
        "verdict_allowances": fingerprint(allowances),
    }


def version_record(row: VersionRow, *, model_name: str) -> Version:
    """The record of a row."""
    return Version(
        id=row.id,
        model_id=row.model_id,
        tenant_id=row.tenant_id,
        model_name=model_name,
        number=row.number,
        status=cast("Status", row.status),
        class_name=row.class_name,
        source_sha256=row.source_sha256,
        source_bytes=row.source_bytes,
        weights_sha256=row.weights_sha256,
        weights_bytes=row.weights_bytes,
        config=row.config,
        verdict=row.verdict,
        error=row.error,
        load_mode=cast("LoadMode", row.load_mode),
        created_at=row.created_at,
        checked_at=row.checked_at,
        verdict_allowances=row.verdict_allowances,
    )


def model_record(row: ModelRow) -> Model:
    """The record of a row whose versions are loaded."""
    return Model(
        id=row.id,
        tenant_id=row.tenant_id,
        name=row.name,
        created_at=row.created_at,
        versions=tuple(version_record(version, model_name=row.name) for version in row.versions),
    )
