"""Opening, migrating and losing the catalogue's database."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from policies.allowlist.entries import NONE
from policies.verdict import Verdict
from store.catalog import Catalog, Tenant, migrate
from store.catalog.database import parse_url
from store.catalog.tables import Base
from store.errors import CatalogTooNew, CatalogUnavailable
from tests.store.postgres import PostgresServer

OPEN_AND_CREATE = """
import sys
from store.catalog import Catalog
with Catalog.open(sys.argv[1]) as catalog:
    catalog.tenants.create(sys.argv[2])
"""


def test_processes_may_open_an_empty_database_at_once(catalog_url: str) -> None:
    """Six processes that start together on nothing: one lays the tables out, all of them work."""
    command = [sys.executable, "-c", OPEN_AND_CREATE, catalog_url]
    started = [subprocess.Popen([*command, f"t{number}"], stderr=subprocess.PIPE) for number in range(6)]
    assert [process.communicate()[1] for process in started] == [b""] * 6
    with Catalog.open(catalog_url) as catalog:
        assert len(catalog.tenants.list()) == 6


def test_opening_again_keeps_everything(catalog_url: str) -> None:
    """A second start finds what the first one stored."""
    with Catalog.open(catalog_url) as catalog:
        tenant = catalog.tenants.create("acme")
    with Catalog.open(catalog_url) as catalog:
        assert catalog.tenants.get("acme") == tenant


def test_the_migrations_make_the_tables_that_the_code_expects(catalog: Catalog, catalog_url: str) -> None:
    """No column, index or constraint differs between the last migration and the table classes."""
    engine = create_engine(parse_url(catalog_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_database_of_the_first_release_is_brought_up_to_date(
    catalog_url: str, accepted: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tenants, their secrets and their versions are kept; versions count as judged without allowances."""
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "HEAD", "0001")
        Catalog.open(catalog_url).close()
    engine = create_engine(parse_url(catalog_url))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO tenants VALUES ('ten_1', 'acme', '2026-01-01 00:00:00.000000', NULL, 'whsec_x')"
        )
        connection.exec_driver_sql("INSERT INTO models VALUES ('mdl_1', 'ten_1', 'm', '2026-01-01 00:00:00.000000', 1)")
        verdict = json.dumps(accepted.to_dict())
        values = f"'ver_1', 'mdl_1', 'ten_1', 1, 'ready', 'N', 'a', 1, 'b', 1, '{{}}', '{verdict}', NULL, 'meta'"
        connection.exec_driver_sql(
            f"INSERT INTO versions VALUES ({values}, '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000')"
        )
    engine.dispose()
    with Catalog.open(catalog_url) as catalog:
        version = catalog.models.version_by_id("ver_1")
        assert version is not None
        assert (version.status, version.verdict_allowances) == ("ready", "")
        assert catalog.allowances.get("ten_1") == NONE
        [secret] = catalog.tenant_secrets.list("acme")
        assert (secret.secret, secret.created_at.isoformat()) == ("whsec_x", "2026-01-01T00:00:00+00:00")


def test_head_is_the_newest_migration() -> None:
    """The revision that the code compares with is the one the newest file makes."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


def test_a_database_of_a_later_release_is_left_alone(catalog: Catalog, catalog_url: str) -> None:
    """An old release refuses to open what a newer one has migrated, and says which revision it met."""
    engine = create_engine(parse_url(catalog_url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(CatalogTooNew) as caught:
        Catalog.open(catalog_url)
    assert caught.value.revision == "9999"


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense", "http://[x"])
def test_a_url_of_no_known_database_is_refused(url: str) -> None:
    """Neither a memory database, which other processes couldn't see, nor another product is opened."""
    with pytest.raises(CatalogUnavailable) as caught:
        Catalog.open(url)
    assert caught.value.code == "catalog_unavailable"


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    """Garbage where the database should be is an error in our words, and stays as it was."""
    file = tmp_path / "catalog.sqlite3"
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(CatalogUnavailable):
        Catalog.open(f"sqlite:///{file}")
    assert file.read_bytes() == b"not a database" * 1000


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    """A file in the way of the data folder is an error in our words."""
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(CatalogUnavailable):
        Catalog.open(f"sqlite:///{tmp_path}/data/catalog.sqlite3")


def test_sqlite_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """Readers don't block the writer, a commit reaches the disk, and references hold."""
    with Catalog.open(f"sqlite:///{tmp_path}/c.sqlite3") as catalog, catalog._database.read() as session:
        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        assert [session.execute(text(f"PRAGMA {pragma}")).scalar() for pragma in pragmas] == ["wal", 2, 1]


def test_a_full_sqlite_database_is_unavailable_and_unharmed(tmp_path: Path) -> None:
    """When no page can be added, the change fails in our words, and what was there can be read."""
    with Catalog.open(f"sqlite:///{tmp_path}/c.sqlite3") as catalog:
        tenant = catalog.tenants.create("acme")
        with pytest.raises(CatalogUnavailable):
            _fill(catalog, tenant)
        assert catalog.tenants.get("acme") == tenant


def _fill(catalog: Catalog, tenant: Tenant) -> None:
    with catalog._database.write() as session:
        session.execute(text("PRAGMA max_page_count=1"))
        for number in range(1000):
            values = {"id": tenant.id, "name": "q" * 90 + str(number)}
            session.execute(text("INSERT INTO quotas VALUES (:id, :name, 1)"), values)


def test_a_lost_postgresql_is_found_again(own_postgres: PostgresServer) -> None:
    """While the server is away every call is CatalogUnavailable; when it is back, the same catalogue works."""
    with Catalog.open(own_postgres.new_database()) as catalog:
        tenant = catalog.tenants.create("acme")
        own_postgres.kill()
        for ask in (catalog.ping, catalog.tenants.list, lambda: catalog.tenants.suspend("acme")):
            with pytest.raises(CatalogUnavailable):
                ask()
        own_postgres.start()
        assert catalog.tenants.get("acme") == tenant


def test_opening_imports_no_migration_tool_when_there_is_nothing_to_migrate(catalog: Catalog, catalog_url: str) -> None:
    """A start on an up-to-date database doesn't pay for Alembic."""
    code = "import sys; from store.catalog import Catalog; Catalog.open(sys.argv[1]); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, catalog_url], capture_output=True, check=True)
    assert done.stdout == b"False\n"
