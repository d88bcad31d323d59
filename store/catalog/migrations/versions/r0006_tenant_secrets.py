"""What a tenant signed with before its webhook secret was rotated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.String(40)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table and the column. Every tenant keeps the secret it has, and none before that."""
    op.create_table(
        "tenant_secrets",
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_tenant_secrets_tenant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("secret", name="pk_tenant_secrets"),
    )
    op.create_index("ix_tenant_secrets_tenant_id", "tenant_secrets", ["tenant_id"])
    op.add_column("tenants", sa.Column("secret_rotated_at", _TIME, nullable=True))
