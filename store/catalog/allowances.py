"""What operators decide about the policy for one tenant, and the record of every such decision."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import BindParameter, bindparam, delete, literal, select, union_all
from sqlalchemy.orm import Session

from policies.allowlist.entries import NONE, Allowances, allowlist
from store.catalog.database import Database
from store.catalog.records import Exemption, PolicyAction, PolicyChange
from store.catalog.tables import AllowanceRow, ExemptionRow, PolicyLogRow, TenantRow
from store.catalog.tenants import locked_tenant
from store.errors import AllowanceInvalid, TenantUnknown

PATH_CHARACTERS = 200
REASON_CHARACTERS = 1000
WHO_CHARACTERS = 200
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_REASON_WANTED = f"Say why in 1 to {REASON_CHARACTERS} characters: it is kept on record."
_TENANT: BindParameter[str] = bindparam("tenant_id")
# Every turn of a worker asks this: one question, put together once.
_DECIDED = union_all(
    select(AllowanceRow.path, AllowanceRow.effect).where(AllowanceRow.tenant_id == _TENANT),
    select(literal(""), literal("exempt")).where(ExemptionRow.tenant_id == _TENANT),
)


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, and why. The reason may be left out where less is at stake."""

    who: str
    reason: str = ""


class AllowanceTable:
    """The allowances of one catalogue's tenants.

    Every change is one transaction with its line in the log. One that changes nothing leaves no line and
    answers False. All of them raise TenantUnknown, and AllowanceInvalid for what is no path or no reason.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant_id: str) -> Allowances:
        """What is decided for the tenant now. Raises TenantUnknown."""
        with self._database.read() as session:
            if session.get(TenantRow, tenant_id) is None:
                raise TenantUnknown(tenant_id)
            return allowances_of(session, tenant_id)

    def allow(self, tenant_id: str, path: str, *, by: By) -> bool:
        """Open the path and all below it. For one that was denied and is on the project's list, only undo that.

        AllowanceInvalid also where a denied path above it would win.
        """
        return self._change(tenant_id, path, action="allow", by=by)

    def deny(self, tenant_id: str, path: str, *, by: By) -> bool:
        """Close the path and all below it, whatever the project's list says."""
        return self._change(tenant_id, path, action="deny", by=by)

    def reset(self, tenant_id: str, path: str, *, by: By) -> bool:
        """Forget what was decided about the path: the project's list holds again."""
        return self._change(tenant_id, path, action="reset", by=by)

    def exempt(self, tenant_id: str, *, by: By) -> bool:
        """Trust the tenant: only the rules about file and structure hold. The reason is a must."""
        if not by.reason.strip():
            raise AllowanceInvalid(_REASON_WANTED)
        by = _checked(by)
        with self._database.write() as session:
            tenant = locked_tenant(session, tenant_id)
            row = session.get(ExemptionRow, tenant_id)
            if row is not None and row.reason == by.reason:
                return False
            at = _log(session, tenant, action="exempt", by=by)
            session.merge(ExemptionRow(tenant_id=tenant_id, reason=by.reason, who=by.who, at=at))
            return True

    def unexempt(self, tenant_id: str, *, by: By) -> bool:
        """Hold the tenant to the whole policy again."""
        by = _checked(by)
        with self._database.write() as session:
            tenant = locked_tenant(session, tenant_id)
            row = session.get(ExemptionRow, tenant_id)
            if row is None:
                return False
            session.delete(row)
            _log(session, tenant, action="unexempt", by=by)
            return True

    def exemptions(self) -> tuple[Exemption, ...]:
        """Every tenant that is trusted, by name."""
        query = select(ExemptionRow, TenantRow.name).join(TenantRow, ExemptionRow.tenant_id == TenantRow.id)
        with self._database.read() as session:
            return tuple(
                Exemption(tenant_id=row.tenant_id, tenant_name=name, reason=row.reason, who=row.who, at=row.at)
                for row, name in session.execute(query.order_by(TenantRow.name))
            )

    def log(self, tenant_id: str | None = None) -> tuple[PolicyChange, ...]:
        """Every decision, of all tenants or of one, oldest first."""
        query = select(PolicyLogRow).order_by(PolicyLogRow.id)
        if tenant_id is not None:
            query = query.where(PolicyLogRow.tenant_id == tenant_id)
        with self._database.read() as session:
            return tuple(_change_record(row) for row in session.scalars(query))

    def _change(self, tenant_id: str, path: str, *, action: PolicyAction, by: By) -> bool:
        path, by = checked_path(path), _checked(by)
        with self._database.write() as session:
            tenant = locked_tenant(session, tenant_id)
            before = allowances_of(session, tenant_id)
            after = changed(before, path, action=action)
            if after == before:
                return False
            session.execute(delete(AllowanceRow).where(AllowanceRow.tenant_id == tenant_id, AllowanceRow.path == path))
            for effect, paths in (("added", after.added), ("removed", after.removed)):
                if path in paths:
                    session.add(AllowanceRow(tenant_id=tenant_id, path=path, effect=effect))
            _log(session, tenant, action=action, by=by, path=path)
            return True


def changed(before: Allowances, path: str, *, action: PolicyAction) -> Allowances:
    """The allowances after one decision about one path. Raises AllowanceInvalid."""
    neutral = replace(before, added=before.added - {path}, removed=before.removed - {path})
    if action == "reset":
        return neutral
    if action == "deny":
        return replace(neutral, removed=neutral.removed | {path})
    for denied in sorted(neutral.removed):
        if path.startswith(f"{denied}."):
            raise AllowanceInvalid(
                f"{path} would stay closed, because {denied} above it is denied to this tenant; "
                f"take that back first with `cloche-admin policy reset TENANT {denied}`."
            )
    # To allow is to open everything below, too: more than whoever denied a listed path means to give back.
    if path in before.removed and allowlist(neutral).kind(path) is not None:
        return neutral
    return replace(neutral, added=neutral.added | {path})


def fingerprint(allowances: Allowances) -> str:
    """What tells two sets of allowances apart, to be kept with a verdict; empty for none."""
    if allowances == NONE:
        return ""
    plain = [sorted(allowances.added), sorted(allowances.removed), allowances.exempt]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def allowances_of(session: Session, tenant_id: str) -> Allowances:
    """The allowances as the transaction sees them."""
    found = session.execute(_DECIDED, {"tenant_id": tenant_id}).all()
    return Allowances(
        added=frozenset(path for path, effect in found if effect == "added"),
        removed=frozenset(path for path, effect in found if effect == "removed"),
        exempt=any(effect == "exempt" for _, effect in found),
    )


def checked_path(path: str) -> str:
    """The path. Raises AllowanceInvalid."""
    if len(path) > PATH_CHARACTERS or not _PATH.fullmatch(path):
        raise AllowanceInvalid(
            f"{path[:PATH_CHARACTERS]!r} is not a dotted path; write it as in an import, "
            "for example numpy.linalg or scipy.special.expit."
        )
    return path


def _checked(by: By) -> By:
    reason = by.reason.strip().replace("\0", "�")  # PostgreSQL has no NUL in texts
    if len(reason) > REASON_CHARACTERS:
        raise AllowanceInvalid(_REASON_WANTED)
    return By(who=by.who[:WHO_CHARACTERS], reason=reason)


def _log(session: Session, tenant: TenantRow, *, action: PolicyAction, by: By, path: str = "") -> datetime:
    at = datetime.now(UTC)
    session.add(
        PolicyLogRow(
            tenant_id=tenant.id,
            tenant_name=tenant.name,
            at=at,
            who=by.who,
            action=action,
            path=path,
            reason=by.reason,
        )
    )
    return at


def _change_record(row: PolicyLogRow) -> PolicyChange:
    return PolicyChange(
        tenant_id=row.tenant_id,
        tenant_name=row.tenant_name,
        at=row.at,
        who=row.who,
        action=cast("PolicyAction", row.action),
        path=row.path,
        reason=row.reason,
    )
