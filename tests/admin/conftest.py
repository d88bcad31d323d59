"""The command line as an operator runs it: a process of its own, on a real catalogue and a real Redis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from store.catalog import Catalog
from tests.conftest import RedisServer


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Admin = Callable[..., Ended]


def run_admin(*arguments: str, environment: dict[str, str], stdin: bytes = b"") -> Ended:
    """Run ``cloche-admin`` and wait for it. No answer may ever be a traceback."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLOCHE_")}
    command = [sys.executable, "-m", "admin.main", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, env=inherited | environment)
    ended = Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in ended.err, ended.err
    return ended


@pytest.fixture
def environment(tmp_path: Path, redis_url: str) -> dict[str, str]:
    """An installation of this test's own."""
    return {"CLOCHE_DATA": str(tmp_path / "data"), "CLOCHE_REDIS_URL": redis_url}


@pytest.fixture
def admin(environment: dict[str, str]) -> Admin:
    """Runs a command on this test's installation; keyword arguments change its environment."""

    def run(*arguments: str, stdin: bytes = b"", **changes: str) -> Ended:
        return run_admin(*arguments, environment=environment | changes, stdin=stdin)

    return run


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """The same installation's catalogue, as the other parts open it."""
    with Catalog.open(f"sqlite:///{tmp_path}/data/catalog.sqlite3") as catalog:
        yield catalog


@pytest.fixture
def servers_environment(tmp_path: Path, own_redis: RedisServer) -> dict[str, str]:
    """An installation whose Redis the test may reconfigure and kill."""
    return {"CLOCHE_DATA": str(tmp_path / "data"), "CLOCHE_REDIS_URL": own_redis.url}
