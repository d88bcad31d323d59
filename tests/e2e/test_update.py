"""`make up` over a Cloche that runs: what differs from what is here is replaced, and nothing accepted is lost by it."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.conftest import ROOT, Engine
from tests.e2e.conftest import Customer
from tests.e2e.test_durability import finish, submit, wait_for

SLOW = "n = 0\nwhile n < x:\n    n += 1\nreturn n"
SLOW_ROUNDS = 60_000_000  # some seconds, and less than the grace of a worker


class Checkout(Engine):
    """A Cloche that runs from a copy of the sources, which can be edited."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, CLOCHE_WORKERS="1")
        self.root = folder / "checkout"
        for package in ("api", "worker", "sandbox", "policies", "store", "admin", "ops"):
            leave_out = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / package, self.root / package, ignore=leave_out)
        (self.root / ".venv").symlink_to(ROOT / ".venv")
        self.environment["PYTHONPATH"] = str(self.root)

    def ops(self, verb: str, **more: str) -> subprocess.CompletedProcess[str]:
        """`make VERB` there."""
        command = [self.root / ".venv/bin/python", "-m", "ops.engine", verb]
        env = self.environment | more
        return subprocess.run(command, env=env, cwd=self.root, capture_output=True, text=True, timeout=240)

    def pids(self) -> dict[str, int]:
        """Each part's process, by its record."""
        folder = Path(self.environment["CLOCHE_RUN_DIR"])
        return {path.stem: json.loads(path.read_text())["pid"] for path in folder.glob("*.pid")}

    def edit(self, file: str, text: str) -> None:
        """Append to a source."""
        with (self.root / file).open("a") as source:
            source.write(text)


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    """One for the file, up."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    made = Checkout(folder)
    try:
        made.up()
        yield made
    finally:
        made.down()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def customer(checkout: Checkout) -> Customer:
    """Its tenant."""
    return Customer(checkout, checkout.tenant("updated"))


def changed(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """Parts that are other processes now."""
    return {name for name in before | after if before.get(name) != after.get(name)}


def test_other_code_replaces_what_runs_it_and_nothing_accepted_is_lost(checkout: Checkout, customer: Customer) -> None:
    """A changed worker: `status` tells, `up` restarts what it is in; the running call ends, the queued ones follow."""
    fast, slow = customer.ready("return x"), customer.ready(SLOW)
    before = checkout.pids()
    running = customer.http.post(f"/v1/models/{slow}/jobs", json={"input": SLOW_ROUNDS}).json()["id"]
    store = redis.Redis.from_url(checkout.redis_url)
    assert wait_for(lambda: store.hget(f"job:{running}", "s") == b"running")
    queued = submit(customer, fast, 40)
    checkout.edit("worker/main.py", 'print("the second release")\n')
    told = checkout.ops("status")
    assert told.returncode == 0
    assert "courier, pump: runs other code than what is here" in told.stderr
    done = checkout.ops("up")
    assert done.returncode == 0, done.stderr + checkout.logs()
    assert "worker-1, courier, pump: runs other code than what is here; restarting" in done.stderr
    assert changed(before, checkout.pids()) == {"worker-1", "courier", "pump"}
    assert "the second release" in (checkout.data / "logs" / "worker-1.log").read_text()
    assert finish(customer, queued) == list(range(40))
    assert finish(customer, [running]) == [SLOW_ROUNDS]
    assert store.hget(f"job:{running}", "a") == b"1"
    assert "other code" not in checkout.ops("status").stderr


def test_code_of_the_api_alone_restarts_the_api_alone(checkout: Checkout, customer: Customer) -> None:
    """Workers with their warm sandboxes stay."""
    before = checkout.pids()
    checkout.edit("api/app.py", "# a later release\n")
    assert checkout.ops("up").returncode == 0
    assert changed(before, checkout.pids()) == {"api"}
    assert customer.http.get("/readyz").status_code == 200


def test_other_settings_are_told_by_name_and_never_by_value(checkout: Checkout, customer: Customer) -> None:
    """Every part that reads them is restarted, with jobs queued; Redis is not."""
    fast = customer.ready("return x")
    before = checkout.pids()
    queued = submit(customer, fast, 20)
    told = checkout.ops("status", CLOCHE_LINK_SECRET="hush-hush", CLOCHE_LINGER_SECONDS="5")
    done = checkout.ops("up", CLOCHE_LINK_SECRET="hush-hush", CLOCHE_LINGER_SECONDS="5")
    for said in (told.stderr, done.stderr):
        assert "has other settings (CLOCHE_LINGER_SECONDS, CLOCHE_LINK_SECRET)" in said
        assert "hush" not in said
    assert done.returncode == 0
    assert changed(before, checkout.pids()) == {"api", "worker-1", "courier", "pump"}
    assert finish(customer, queued) == list(range(20))
    assert checkout.ops("up").returncode == 0  # and back


def test_redis_is_restarted_for_its_own_settings_only_and_keeps_all(checkout: Checkout, customer: Customer) -> None:
    """Another ceiling for Redis: it alone is another process, and the jobs it held are answered."""
    fast = customer.ready("return x")
    before = checkout.pids()
    queued = submit(customer, fast, 30)
    done = checkout.ops("up", CLOCHE_REDIS_MAXMEMORY="300mb")
    assert done.returncode == 0, done.stderr
    assert "redis: has other settings; restarting" in done.stderr
    assert changed(before, checkout.pids()) == {"redis"}
    assert finish(customer, queued) == list(range(30))


def test_a_release_older_than_its_catalogue_is_refused(checkout: Checkout, customer: Customer) -> None:
    """Going back over a migration: said, with all that runs left as it is; the catalogue is not touched."""
    assert checkout.ops("up").returncode == 0
    before, catalogue = checkout.pids(), checkout.data / "catalog.sqlite3"
    checkout.edit("api/app.py", "# an older release\n")
    with contextlib.closing(sqlite3.connect(catalogue)) as connection, connection:
        (head,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    try:
        done = checkout.ops("up")
    finally:
        with contextlib.closing(sqlite3.connect(catalogue)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (head,))
    assert done.returncode == 1
    assert "The catalogue is at revision '9999', which this release doesn't know" in done.stderr
    assert checkout.pids() == before
    assert customer.http.get("/readyz").status_code == 200


@pytest.mark.parametrize("mistake", ["code", "setting"])
def test_what_would_not_start_stops_nothing(checkout: Checkout, customer: Customer, mistake: str) -> None:
    """A checkout that can't be loaded, or a setting that can't be read: said with the reason, and all runs on."""
    assert checkout.ops("up").returncode == 0
    before, source = checkout.pids(), checkout.root / "worker/turns.py"
    whole = source.read_text()
    if mistake == "code":
        checkout.edit("worker/turns.py", "def (:\n")
    done = checkout.ops("up", **({"CLOCHE_BLANKS": "many"} if mistake == "setting" else {}))
    source.write_text(whole)
    assert done.returncode == 1
    assert "so what runs was left as it is" in done.stderr
    assert ("SyntaxError" if mistake == "code" else "blanks") in done.stderr
    assert checkout.pids() == before
    assert customer.http.get("/readyz").status_code == 200
