"""Bring a database to the schema of this release."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL

from store.catalog.database import build_engine, translated
from store.errors import CatalogTooNew, CatalogUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0006"  # a test holds it equal to the newest file in migrations/versions

# "cloche" in ASCII: one migration at a time in one PostgreSQL database.
_ADVISORY_LOCK = int.from_bytes(b"cloche", "big")


def migrate(url: URL) -> None:
    """Create or update the tables. Several processes may call it at once; one works, the others wait.

    One transaction: a migration that fails leaves the database as it was.
    Raises CatalogTooNew for a database that a later release has migrated, CatalogUnavailable.
    """
    with translated(), _alone(url):
        engine = build_engine(url, migrating=True)
        try:
            if url.get_backend_name() == "sqlite":
                with engine.connect() as connection:
                    # Readers don't block the writer. The file remembers it; the switch needs it undisturbed.
                    connection.connection.cursor().execute("PRAGMA journal_mode=WAL")
            with engine.execution_options(cloche_write=True).begin() as connection:
                _to_head(connection)
        finally:
            engine.dispose()


@contextmanager
def _alone(url: URL) -> Iterator[None]:
    """Hold the SQLite file's migration lock; PostgreSQL has a lock of its own, taken in the transaction."""
    if url.get_backend_name() != "sqlite":
        yield
        return
    try:
        path = Path(f"{url.database}.lock")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # keys' digests and webhook secrets: the owner's
        lock = path.open("ab")
    except OSError as exc:
        raise CatalogUnavailable(str(exc)) from exc
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed, however this process ends
        yield


def _to_head(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    current = revision(connection)
    if current != HEAD:
        _upgrade(connection, current)


def revision(connection: Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def refuse_newer(url: URL) -> None:
    """Raise CatalogTooNew for a database that a later release has migrated, CatalogUnavailable. Changes nothing."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return  # asking would make it
    with translated():
        engine = build_engine(url)
        try:
            with engine.connect() as connection:
                current = revision(connection)
                if current != HEAD:
                    _known(_config(), current)
        finally:
            engine.dispose()


def _upgrade(connection: Connection, current: str | None) -> None:
    # Imported late: a database that is up to date, the rule, starts without it.
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    _known(config, current)
    command.upgrade(config, HEAD)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _known(config: Config, current: str | None) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise CatalogTooNew(current)
