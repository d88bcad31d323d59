"""Plans: named sets of quotas, and which tenant is on which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.String(40)
_NAME = sa.String(100)


def upgrade() -> None:
    """Create the tables; nobody is on a plan yet."""
    op.create_table(
        "plans",
        sa.Column("name", _NAME, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_plans"),
    )
    op.create_table(
        "plan_quotas",
        sa.Column("plan", _NAME, nullable=False),
        sa.Column("name", _NAME, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["plan"], ["plans.name"], name="fk_plan_quotas_plan"),
        sa.PrimaryKeyConstraint("plan", "name", name="pk_plan_quotas"),
    )
    op.create_table(
        "tenant_plans",
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("plan", _NAME, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_tenant_plans_tenant_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["plan"], ["plans.name"], name="fk_tenant_plans_plan"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenant_plans"),
    )
    op.create_index("ix_tenant_plans_plan", "tenant_plans", ["plan"])
