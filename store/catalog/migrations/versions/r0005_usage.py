"""The ledger: what jobs used, by day, tenant and model, and the pages that are in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_COUNTS = (
    *("succeeded", "failed", "platform", "canceled", "expired"),
    *("run_us", "gpu_us", "input_bytes", "output_bytes"),
)


def upgrade() -> None:
    """Create the tables."""
    # No foreign key: what was used is on record for longer than the tenant or the model.
    op.create_table(
        "usage",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _COUNTS),
        sa.PrimaryKeyConstraint("day", "tenant_id", "model", name="pk_usage"),
    )
    op.create_table(
        "usage_pages",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_usage_pages"),
    )
