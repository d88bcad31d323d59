"""The ledger: what each tenant's jobs used, by model and day (UTC). Exact: a page of it counts once."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Insert, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from store.catalog.database import Database
from store.catalog.names import is_name
from store.catalog.records import Usage
from store.catalog.tables import UsagePageRow, UsageRow
from store.ledger import COUNTED, LedgerPage

PAGES_KEPT = timedelta(days=7)  # how long a page is known again: far longer than any process sleeps over one
PRUNE_SECONDS = 3600  # between looks for older ones
_COUNTS = tuple(COUNTED.values())


class UsageTable:
    """The ledger of one catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add = _adding(database.url.get_backend_name())
        self._prunes_at = 0.0

    def write(self, page: LedgerPage) -> bool:
        """Add a page to what is there, in one transaction with its id. False: it was written before.

        Whoever is told so, or told nothing because the process ended, may write it again. Raises CatalogUnavailable.
        """
        now = datetime.now(UTC)
        rows = [
            {"day": line.day, "tenant_id": line.tenant_id, "model": line.model}
            | {name: counts.get(name, 0) for name in _COUNTS}
            for line, counts in sorted(page.lines.items())  # in one order, so that two writers don't block each other
        ]
        try:
            with self._database.write() as session:
                session.add(UsagePageRow(id=page.id, written_at=now))
                session.flush()  # a second writer of the same page waits here for the first, and fails
                if rows:
                    session.execute(self._add, rows)
                if time.monotonic() >= self._prunes_at:
                    session.execute(delete(UsagePageRow).where(UsagePageRow.written_at < now - PAGES_KEPT))
                    self._prunes_at = time.monotonic() + PRUNE_SECONDS
        except IntegrityError:
            return False
        return True

    def between(
        self, first: date, last: date, *, tenant_id: str | None = None, model: str | None = None
    ) -> tuple[Usage, ...]:
        """What ended from the first to the last day, both included, by day, tenant and model; of one or of all."""
        query = select(UsageRow).where(UsageRow.day >= first, UsageRow.day <= last)
        if tenant_id is not None:
            query = query.where(UsageRow.tenant_id == tenant_id)
        if model is not None:
            if not is_name(model):
                return ()  # PostgreSQL would refuse what no name can be, such as a NUL
            query = query.where(UsageRow.model == model)
        query = query.order_by(UsageRow.day, UsageRow.tenant_id, UsageRow.model)
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(query))


def _adding(backend: str) -> Insert:
    """Insert a line, or add to the one that is there: each database has it, under a name of its own."""
    insert: Any = (postgresql if backend == "postgresql" else sqlite).insert(UsageRow.__table__)
    added: Insert = insert.on_conflict_do_update(
        index_elements=["day", "tenant_id", "model"],
        set_={name: UsageRow.__table__.c[name] + insert.excluded[name] for name in _COUNTS},
    )
    return added


def _record(row: UsageRow) -> Usage:
    return Usage(
        day=row.day,
        tenant_id=row.tenant_id,
        model=row.model,
        succeeded=row.succeeded,
        failed=row.failed,
        platform=row.platform,
        canceled=row.canceled,
        expired=row.expired,
        run_seconds=row.run_us / 1e6,
        gpu_seconds=row.gpu_us / 1e6,
        input_bytes=row.input_bytes,
        output_bytes=row.output_bytes,
    )
