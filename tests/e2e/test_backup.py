"""A backup is taken while everything runs, all is lost, and what is put back goes on where the backup was."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.conftest import Engine
from tests.e2e.conftest import Customer
from tests.e2e.test_durability import finish, pid_of, submit

LARGE = "large" * 100_000


@pytest.fixture
def place() -> Iterator[tuple[Engine, Path]]:
    """A running engine, and where its backups go."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    engine = Engine(folder, CLOCHE_WORKERS="1")
    try:
        engine.up()
        yield engine, folder / "backups"
    finally:
        engine.down()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def going_on(engine: Engine, customer: Customer, name: str) -> Iterator[None]:
    """Meanwhile jobs are taken, and Redis rewrites its file again and again."""
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            customer.http.post(f"/v1/models/{name}/jobs", json={"input": "later"})

    def rewrite() -> None:
        client = redis.Redis.from_url(engine.redis_url)
        while not stop.wait(0.05):
            with contextlib.suppress(redis.ResponseError):  # one is under way
                client.bgrewriteaof()

    threads = [threading.Thread(target=each) for each in (ask, rewrite)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_what_was_accepted_before_a_backup_is_answered_after_restoring_it(place: tuple[Engine, Path]) -> None:
    """Queued jobs with small and large inputs, models, keys and kept outputs: all there, from the copy alone."""
    engine, backups = place
    customer = Customer(engine, engine.tenant("careful"))
    name = customer.ready("return x")
    ended = customer.ask(name, LARGE)["id"]
    os.kill(pid_of(engine, "worker"), signal.SIGSTOP)
    queued = submit(customer, name, 40)
    queued.append(customer.http.post(f"/v1/models/{name}/jobs", json={"input": LARGE}).json()["id"])
    with going_on(engine, customer, name):
        made = engine.admin("backup", str(backups / "one"))
    assert made["parts"] == ["jobs", "catalogue", "blobs"]
    assert (backups / "one").stat().st_mode & 0o077 == 0
    os.kill(pid_of(engine, "worker"), signal.SIGCONT)
    again = engine.admin("backup", str(backups / "two"), "--earlier", str(backups / "one"))
    assert again["blobs"] >= 2
    assert any(path.stat().st_nlink > 1 for path in (backups / "two" / "blobs").rglob("*") if path.is_file())
    engine.down()
    shutil.rmtree(engine.data)
    shutil.copytree(backups / "one", engine.data)
    engine.up()
    assert finish(customer, queued[:-1]) == list(range(40))
    for job in (queued[-1], ended):
        found = customer.http.get(f"/v1/jobs/{job}", headers={"Prefer": "wait=60"}).json()
        assert found["status"] == "succeeded"
        assert customer.http.get(found["urls"]["output"]).json() == LARGE
    assert customer.ask(name, 5)["output"] == 5


def test_without_its_jobs_a_backup_is_a_whole_installation(place: tuple[Engine, Path]) -> None:
    """Left out, what would be run again isn't; tenants, keys, models and what was used are there."""
    engine, backups = place
    customer = Customer(engine, engine.tenant("careful"))
    name = customer.ready("return x")
    job = customer.ask(name, 1)["id"]
    engine.admin("backup", str(backups / "one"))
    engine.down()
    shutil.rmtree(engine.data)
    shutil.copytree(backups / "one", engine.data, ignore=lambda *_: {"redis"})
    engine.up()
    assert customer.http.get(f"/v1/jobs/{job}").status_code == 404
    assert customer.ask(name, 2)["output"] == 2
