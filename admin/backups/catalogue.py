"""The catalogue as it is at one moment, while others write to it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from admin.backups.failure import BackupFailed

SQLITE_NAME = "catalog.sqlite3"
POSTGRES_NAME = "catalog.pgdump"


def copy_catalogue(database_url: str, folder: Path) -> Path:
    """Write it into the folder; where. SQLite by its own backup, so the copy needs no other file; else `pg_dump`."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return _copy_sqlite(Path(url.database or ""), folder / SQLITE_NAME)
    return _dump_postgres(url, folder / POSTGRES_NAME)


def _copy_sqlite(source: Path, target: Path) -> Path:
    if not source.is_file():
        raise BackupFailed(f"There is no catalogue at {source}: is CLOCHE_DATA the one that `make up` has?")
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=30)) as here,
            contextlib.closing(sqlite3.connect(target)) as there,
        ):
            here.backup(there)
    except sqlite3.Error as exc:
        raise BackupFailed(f"The catalogue at {source} could not be copied: {exc}.") from exc
    return target


def _dump_postgres(url: URL, target: Path) -> Path:
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupFailed("pg_dump is not installed here: install PostgreSQL's client, of the server's release.")
    address = url.set(drivername="postgresql", password=None).render_as_string()
    # The password goes by the environment: the command line is everybody's to read.
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    command = [program, "--format=custom", "--no-owner", f"--file={target}", f"--dbname={address}"]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise BackupFailed(f"pg_dump failed: {' '.join(done.stderr.split())[:500]}")
    return target
