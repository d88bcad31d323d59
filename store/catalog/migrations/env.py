"""Run by Alembic: migrate on the connection and in the transaction that ``migrate`` holds."""

from __future__ import annotations

from alembic import context

from store.catalog.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
