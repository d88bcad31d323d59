"""The catalogue: one door to all of its tables."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from store.catalog.allowances import AllowanceTable, allowances_of
from store.catalog.database import Database, parse_url
from store.catalog.endpoints import Endpoints, listening_of
from store.catalog.keys import Keys
from store.catalog.migrate import migrate
from store.catalog.models import Models
from store.catalog.plans import Plans
from store.catalog.quotas import QuotaTable, quotas_of
from store.catalog.records import Terms
from store.catalog.tables import TenantRow
from store.catalog.tenant_secrets import TenantSecrets
from store.catalog.tenants import Tenants
from store.catalog.usage import UsageTable
from store.errors import TenantUnknown


class Catalog:
    """Tenants, keys, quotas, plans, allowances, models, versions, webhook endpoints and the ledger in one database.

    Every method is one transaction, blocks for it (a thread is needed under asyncio), and raises
    CatalogUnavailable when the database is away. Threads may share a catalogue; after a fork, open another.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.tenants = Tenants(database)
        self.tenant_secrets = TenantSecrets(database)
        self.keys = Keys(database)
        self.quotas = QuotaTable(database)
        self.plans = Plans(database)
        self.allowances = AllowanceTable(database)
        self.models = Models(database)
        self.endpoints = Endpoints(database)
        self.usage = UsageTable(database)

    @classmethod
    def open(cls, url: str) -> Catalog:
        """Create what is missing (the file and its folder, the tables), bring the schema up to date, connect.

        ``url`` is ``sqlite:////path/to/file`` or ``postgresql://user@host/name``.
        Raises CatalogUnavailable, CatalogTooNew.
        """
        parsed = parse_url(url)
        migrate(parsed)
        return cls(Database(parsed))

    @property
    def backend(self) -> str:
        """Which database it is: "sqlite" or "postgresql"."""
        return self._database.url.get_backend_name()

    def terms(self, tenant_id: str) -> Terms:
        """The tenant's quotas and allowances and what its webhooks ask for, of one moment. Raises TenantUnknown."""
        with self._database.read() as session:
            if session.get(TenantRow, tenant_id) is None:
                raise TenantUnknown(tenant_id)
            return Terms(
                quotas_of(session, tenant_id), allowances_of(session, tenant_id), listening_of(session, tenant_id)
            )

    def ping(self) -> None:
        """Raise CatalogUnavailable unless the database answers."""
        self._database.ping()

    def close(self) -> None:
        """Drop the connections. Safe to call twice."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
