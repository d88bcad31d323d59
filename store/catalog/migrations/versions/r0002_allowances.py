"""What operators decide about the policy for one tenant: allowances, exemptions, and the log of every change.

Versions learn under which of them their verdict was made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.String(40)
_PATH = sa.String(200)
_WHO = sa.String(200)
_REASON = sa.String(1000)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; every verdict so far was made without allowances."""
    op.add_column("versions", sa.Column("verdict_allowances", sa.String(64), nullable=False, server_default=""))
    _allowances()
    _exemptions()
    _log()
    _append_only()


def _allowances() -> None:
    op.create_table(
        "allowances",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("path", _PATH, nullable=False),
        sa.Column("effect", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_allowances_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "path", name="pk_allowances"),
    )


def _exemptions() -> None:
    op.create_table(
        "exemptions",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("reason", _REASON, nullable=False),
        sa.Column("who", _WHO, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_exemptions_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_exemptions"),
    )


def _log() -> None:
    # No foreign key: what was done to a tenant is on record for longer than the tenant.
    op.create_table(
        "policy_log",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("tenant_name", sa.String(100), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("who", _WHO, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("path", _PATH, nullable=False),
        sa.Column("reason", _REASON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_log"),
    )
    op.create_index("ix_policy_log_tenant_id", "policy_log", ["tenant_id"])


def _append_only() -> None:
    """The database itself refuses to change or remove what was logged."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER policy_log_no_{verb.lower()} BEFORE {verb} ON policy_log "
                "BEGIN SELECT RAISE(ABORT, 'policy_log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION policy_log_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'policy_log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER policy_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION policy_log_append_only()"
    )
