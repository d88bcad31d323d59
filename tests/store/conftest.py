"""Both databases for real: SQLite in a folder, PostgreSQL in a private cluster."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.verdict import Verdict, Violation
from store.catalog import Catalog, Tenant
from tests.store.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The session's PostgreSQL. Use ``catalog_url`` unless the test kills it."""
    folder = Path(tempfile.mkdtemp(prefix="cl-pg-"))
    server = PostgresServer(folder)
    server.create()
    yield server
    server.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own, to be killed and restarted at will."""
    folder = Path(tempfile.mkdtemp(prefix="cl-pg-"))
    server = PostgresServer(folder)
    server.create()
    yield server
    server.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that is empty, or not even there."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/catalog.sqlite3"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    """An empty catalogue; every test that takes it runs on both databases."""
    with Catalog.open(catalog_url) as catalog:
        yield catalog


@pytest.fixture
def tenant(catalog: Catalog) -> Tenant:
    """A tenant with the default quotas."""
    return catalog.tenants.create("acme")


@pytest.fixture
def accepted() -> Verdict:
    """A verdict with nothing against the source."""
    return Verdict(source_sha256="a" * 64, policy_version="1", python_version="3.11", class_name="Net")


@pytest.fixture
def refused() -> Verdict:
    """A verdict whose texts hold what SQL databases choke on."""
    violation = Violation(3, 7, "CL201", "import of os", hint="don't", source_line="x = '\0 \ud800 é'")
    return Verdict("b" * 64, policy_version="1", python_version="3.11", class_name=None, violations=(violation,))
