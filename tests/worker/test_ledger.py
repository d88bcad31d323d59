"""The ledger's way from Redis to the catalogue: nothing lost, nothing counted twice, whatever dies when."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import redis

from store.catalog import Catalog, database
from store.errors import CatalogUnavailable
from store.jobs.ledger import OpenLedger
from store.ledger import LedgerPage
from tests.conftest import RedisServer
from tests.store.postgres import PostgresServer
from worker import ledger
from worker.ledger import LedgerWriter, write_page

DAY = 20_778  # 2026-11-21
ALWAYS = (date.min, date.max)

KILLED_AFTER = """
import os, sys
import redis
from store.catalog import Catalog
from store.jobs.ledger import OpenLedger

url, catalog_url, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
catalog, ledger = Catalog.open(catalog_url), OpenLedger(redis.Redis.from_url(url))
work = iter([lambda: ledger.take(), lambda: catalog.usage.write(page), lambda: ledger.drop(page)])
page = None
for number in range(steps):
    found = next(work)()
    page = found if number == 0 else page
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(f"sqlite:///{tmp_path}/catalog.sqlite3") as catalog:
        yield catalog


@pytest.fixture
def connection(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(redis_url)


def end_jobs(connection: redis.Redis, count: int = 1, *, tenant: str = "ten_a") -> None:
    """What the scripts that end jobs leave behind."""
    line = f" {DAY} {tenant} My model"
    for what, each in (("succeeded", 1), ("run", 2_000_000), ("in", 3), ("out", 5)):
        connection.hincrby("ledger:open", what + line, count * each)


def counted(catalog: Catalog) -> Counter[str]:
    """Jobs in the catalogue, by tenant; everything else of them has to agree."""
    found: Counter[str] = Counter()
    for usage in catalog.usage.between(*ALWAYS):
        found[usage.tenant_id] += usage.succeeded
        numbers = (usage.run_seconds, usage.input_bytes, usage.output_bytes)
        assert numbers == (2.0 * usage.succeeded, 3 * usage.succeeded, 5 * usage.succeeded)
    return found


def test_a_page_is_written_and_dropped(connection: redis.Redis, catalog: Catalog) -> None:
    """Afterwards nothing is left in Redis, and a second round finds nothing to do."""
    ledger = OpenLedger(connection)
    end_jobs(connection, 3)
    assert write_page(ledger, catalog)
    assert not write_page(ledger, catalog)
    [usage] = catalog.usage.between(*ALWAYS)
    assert (usage.day, usage.model, usage.succeeded, usage.failed) == (date(2026, 11, 21), "My model", 3, 0)
    assert connection.keys("ledger:*") == []


def test_a_writer_killed_between_any_two_steps_loses_and_doubles_nothing(
    connection: redis.Redis, redis_url: str, catalog: Catalog, tmp_path: Path
) -> None:
    """kill -9 after the page is closed, after it is written, after it is dropped; jobs end all the while."""
    catalog_url = f"sqlite:///{tmp_path}/catalog.sqlite3"
    ended = 0
    for steps in (1, 2, 3, 2, 1):
        end_jobs(connection, 7)
        ended += 7
        died = subprocess.run([sys.executable, "-c", KILLED_AFTER, redis_url, catalog_url, str(steps)], check=False)
        assert died.returncode == -9
        end_jobs(connection, 1)
        ended += 1
    while write_page(OpenLedger(connection), catalog):
        pass
    assert counted(catalog) == {"ten_a": ended}


class _Writer:
    """A writer that does one step at a time, and may forget what it was about."""

    def __init__(self, connection: redis.Redis, catalog: Catalog) -> None:
        self._ledger, self._catalog = OpenLedger(connection), catalog
        self.crash()

    def crash(self) -> None:
        self._page = None
        self._written = False

    def step(self) -> None:
        if self._page is None:
            self._page = self._ledger.take()
        elif not self._written:
            self._catalog.usage.write(self._page)
            self._written = True
        else:
            self._ledger.drop(self._page)
            self.crash()


@pytest.mark.parametrize("seed", range(5))
def test_writers_in_every_order_count_every_job_once(connection: redis.Redis, catalog: Catalog, seed: int) -> None:
    """Three writers at once, each step of theirs between any of the others', crashing and sleeping as chance has it."""
    chance = random.Random(seed)
    writers = [_Writer(connection, catalog) for _ in range(3)]
    ended: Counter[str] = Counter()
    for _ in range(200):
        writer = chance.choice(writers)
        if chance.random() < 0.4:
            tenant = chance.choice(["ten_a", "ten_b"])
            end_jobs(connection, tenant=tenant)
            ended[tenant] += 1
        elif chance.random() < 0.1:
            writer.crash()
        else:
            writer.step()
    while write_page(OpenLedger(connection), catalog):
        pass
    assert counted(catalog) == ended


def test_a_locked_sqlite_is_waited_for(
    connection: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another program holds the file nothing is written and nothing lost; then everything is there."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    with Catalog.open(f"sqlite:///{tmp_path}/catalog.sqlite3") as catalog:
        other = sqlite3.connect(tmp_path / "catalog.sqlite3", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        end_jobs(connection, 2)
        for _ in range(3):
            with pytest.raises(CatalogUnavailable):
                write_page(OpenLedger(connection), catalog)
            end_jobs(connection, 1)
        other.execute("ROLLBACK")
        other.close()
        while write_page(OpenLedger(connection), catalog):
            pass
        assert counted(catalog) == {"ten_a": 5}


def test_a_stopped_postgresql_is_waited_for(connection: redis.Redis) -> None:
    """The same for a database server that goes away and comes back."""
    folder = Path(tempfile.mkdtemp(prefix="cl-pg-"))
    server = PostgresServer(folder)
    server.create()
    try:
        with Catalog.open(server.new_database()) as catalog:
            end_jobs(connection, 2)
            assert write_page(OpenLedger(connection), catalog)
            server.kill()
            end_jobs(connection, 2)
            with pytest.raises(CatalogUnavailable):
                write_page(OpenLedger(connection), catalog)
            end_jobs(connection, 1)
            server.start()
            while write_page(OpenLedger(connection), catalog):
                pass
            assert counted(catalog) == {"ten_a": 5}
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_redis_that_lost_everything_blocks_nothing(connection: redis.Redis, catalog: Catalog) -> None:
    """What was written stays, what was lost with Redis is lost, and what ends from then on counts."""
    ledger = OpenLedger(connection)
    end_jobs(connection, 2)
    write_page(ledger, catalog)
    end_jobs(connection, 1)
    ledger.take()
    connection.flushall()
    for _ in range(2):
        end_jobs(connection, 4)
        assert write_page(ledger, catalog)
    assert counted(catalog) == {"ten_a": 10}


def test_a_redis_killed_in_between_forgets_nothing(own_redis: RedisServer, catalog: Catalog) -> None:
    """kill -9 of Redis after each step: its append-only file knows the page and its id."""
    for steps in (1, 2, 3):
        connection = redis.Redis.from_url(own_redis.url)
        end_jobs(connection, 3)
        page = OpenLedger(connection).take()
        assert page is not None
        if steps > 1:
            catalog.usage.write(page)
        if steps > 2:
            OpenLedger(connection).drop(page)
        own_redis.kill()
        own_redis.start()
    while write_page(OpenLedger(redis.Redis.from_url(own_redis.url)), catalog):
        pass
    assert counted(catalog) == {"ten_a": 9}


def test_a_full_redis_is_emptied_all_the_same(connection: redis.Redis, catalog: Catalog) -> None:
    """Taking a page away needs no memory."""
    end_jobs(connection, 2)
    connection.config_set("maxmemory", "1")
    try:
        assert write_page(OpenLedger(connection), catalog)
    finally:
        connection.config_set("maxmemory", "0")
    assert counted(catalog) == {"ten_a": 2}
    assert connection.keys("ledger:*") == []


def test_a_worker_writes_by_itself_and_survives_an_outage(
    own_redis: RedisServer, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread goes on after Redis was away, and ends when the worker is told to stop."""
    monkeypatch.setattr(ledger, "WRITE_SECONDS", 0.05)
    stop = threading.Event()
    LedgerWriter(catalog, redis.Redis.from_url(own_redis.url), stop=stop).start()
    try:
        for expected in (2, 4):
            end_jobs(redis.Redis.from_url(own_redis.url), 2)
            deadline = time.monotonic() + 30
            while counted(catalog) != {"ten_a": expected}:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            own_redis.kill()
            time.sleep(0.2)
            own_redis.start()
    finally:
        stop.set()


def test_a_fault_of_ours_ends_no_writer(
    connection: redis.Redis, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error nobody thought of is tried again, too: the ledger must not stand still until a restart."""
    monkeypatch.setattr(ledger, "WRITE_SECONDS", 0.02)
    faults = iter([ValueError("ours"), KeyError("ours")])
    write = catalog.usage.write

    def broken(page: LedgerPage) -> bool:
        if (fault := next(faults, None)) is not None:
            raise fault
        return write(page)

    monkeypatch.setattr(catalog.usage, "write", broken)
    stop = threading.Event()
    LedgerWriter(catalog, connection, stop=stop).start()
    try:
        end_jobs(connection, 2)
        deadline = time.monotonic() + 30
        while counted(catalog) != {"ten_a": 2}:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        stop.set()


def test_a_page_dropped_while_it_is_read_adds_nothing(
    connection: redis.Redis, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that is overtaken has half a page, or one mixed with the next, under an id that is known."""
    ledger = OpenLedger(connection)
    line = f"succeeded {DAY} ten_a m"
    connection.hset("ledger:open", mapping={f"{line}{number}": 1 for number in range(3000)})
    read = connection.hscan_iter

    def overtaken(name: str, **options: object) -> list[tuple[bytes, bytes]]:
        found = list(read(name, **options))  # type: ignore[arg-type]
        other = OpenLedger(redis.Redis(connection_pool=connection.connection_pool))
        while write_page(other, catalog):
            pass
        end_jobs(connection, 5)
        return found[: len(found) // 2]

    monkeypatch.setattr(connection, "hscan_iter", overtaken)
    half = ledger.take()
    monkeypatch.undo()
    assert half is not None
    assert 0 < len(half.lines) < 3000
    assert not catalog.usage.write(half)
    assert not ledger.drop(half)
    while write_page(ledger, catalog):
        pass
    found = catalog.usage.between(*ALWAYS)
    assert sum(usage.succeeded for usage in found) == 3005
