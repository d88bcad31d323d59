"""One SQL database, SQLite or PostgreSQL: connections, transactions, and errors in our words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool

from store.errors import CatalogUnavailable

BUSY_TIMEOUT_MS = 15_000  # how long a writer waits for another one; a write transaction takes about a millisecond
CONNECT_TIMEOUT_SECONDS = 5
POOL_CONNECTIONS = 5
POOL_OVERFLOW = 15
POOL_TIMEOUT_SECONDS = 15

_WRITE = "cloche_write"


class Database:
    """Sessions on one database. Threads may share it; processes open their own."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine = build_engine(url)
        self._writer = self._engine.execution_options(**{_WRITE: True})
        self._reader = self._engine
        if url.get_backend_name() == "postgresql":
            # A model and its versions are two queries: both see the same moment, as they do in SQLite.
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One transaction that reads, and sees one moment throughout. Raises CatalogUnavailable."""
        with translated(), Session(self._reader) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, committed at the end of the block, rolled back when it raises.

        On SQLite it excludes every other writer from its first statement; on PostgreSQL it excludes
        only those that lock the same rows, so whoever counts first locks what the count is about.
        """
        with translated(), Session(self._writer) as session, session.begin():
            yield session

    def ping(self) -> None:
        """Raise CatalogUnavailable unless the database answers."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Drop the connections. Safe to call twice."""
        self._engine.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Turn what says "the database is away, full or damaged" into CatalogUnavailable; leave our bugs alone."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError):
        raise
    except (DatabaseError, InterfaceError) as exc:
        raise CatalogUnavailable(_first_line(exc.orig or exc)) from exc
    except PoolTimeout as exc:
        raise CatalogUnavailable("every connection is busy") from exc


def _first_line(exc: BaseException) -> str:
    return next(iter(str(exc).splitlines()), type(exc).__name__)


def parse_url(url: str) -> URL:
    """A SQLAlchemy URL with the driver that is installed. Raises CatalogUnavailable for one of neither database."""
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise CatalogUnavailable("the URL can't be parsed") from exc
    if parsed.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite") and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise CatalogUnavailable(f"{parsed.drivername} is neither sqlite:///FILE nor postgresql://HOST/NAME")


def build_engine(url: URL, *, migrating: bool = False) -> Engine:
    """An engine for ``url``, connecting to nothing yet.

    ``migrating`` makes one without a pool and without SQLite's foreign keys, because SQLite changes a
    table by building a new one and dropping the old, which would cascade.
    """
    options: dict[str, Any] = {
        # NaN is not JSON: PostgreSQL refuses it, and SQLite must not be more lenient.
        "json_serializer": partial(json.dumps, allow_nan=False),
        "poolclass": NullPool if migrating else QueuePool,
    }
    if not migrating:
        options |= {
            "pool_size": POOL_CONNECTIONS,
            "max_overflow": POOL_OVERFLOW,
            "pool_timeout": POOL_TIMEOUT_SECONDS,
            "pool_pre_ping": url.drivername != "sqlite",  # a restarted server is found again without an error
        }
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, **options)
        _prepare_sqlite(engine, foreign_keys=not migrating)
        return engine
    return create_engine(url, connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS}, **options)


def _prepare_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver would begin transactions on its own, and only before a write: too late for a count.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        connection.execute("PRAGMA synchronous=FULL")  # a commit that was answered survives a power cut

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
