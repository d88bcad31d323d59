"""A PostgreSQL server for tests, from the distribution's own binaries."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from itertools import count
from pathlib import Path

import psycopg


class PostgresServer:
    """A cluster of the tests' own on a unix socket, run by an ordinary user; any system cluster is left alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._user = "postgres" if os.geteuid() == 0 else None  # the server refuses to be root
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(folder, account.pw_uid, account.pw_gid)

    def create(self) -> None:
        """Lay the cluster out and start it."""
        command = [_binary("initdb"), "-D", str(self._folder / "data"), "-A", "trust", "-U", "cloche", "-E", "UTF8"]
        done = subprocess.run(
            command, user=self._user, cwd="/", env={"LC_ALL": "C.UTF-8"}, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [_binary("postgres"), "-D", str(self._folder / "data"), "-k", str(self._folder)]
        command += ["-c", "listen_addresses=", "-c", "fsync=off"]  # the tests kill servers, never the power
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, cwd="/", stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self._dsn("postgres")).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self._folder / "log").read_text()
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """End it at once, connections and all (SIGQUIT is the server's own "immediate": no shared memory is left)."""
        if self._process is not None:
            self._process.send_signal(3)
            self._process.wait()
            self._process = None

    def new_database(self) -> str:
        """The URL of an empty database, as an operator would write it."""
        name = f"t{next(self._numbers)}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://cloche@/{name}?host={self._folder}"

    def _dsn(self, database: str) -> str:
        return f"host={self._folder} user=cloche dbname={database}"


def _binary(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")) or [Path(shutil.which(name) or "")]
    assert found[-1].is_file(), f"PostgreSQL's {name} is not installed; run `make setup`"
    return str(found[-1])
