"""A container engine with live-restore: it goes and comes back, and its containers live on meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from ops.proc import Proc
from tests.e2e.conftest import Customer
from tests.e2e.test_durability import finish, pid_of
from tests.e2e.test_engine_restart import Restartable, cloche_on, wait_for, whole
from tests.ops.second import separate

COUNTING = "n = 0\nwhile n < x:\n    n += 1\nreturn n"
ROUNDS = 150_000_000  # some seconds: longer than the engine is away
FOREVER = 10**15


@pytest.fixture(scope="module")
def living() -> Iterator[Restartable]:
    """One worker on an engine of this file's own that lets containers live."""
    with separate() as daemon:
        yield from cloche_on(replace(daemon, options=[*daemon.options, "--live-restore"]))


def begin(living: Restartable, customer: Customer, name: str, rounds: int) -> tuple[str, redis.Redis]:
    """A job that runs now."""
    made = customer.http.post(f"/v1/models/{name}/jobs", json={"input": rounds}).json()["id"]
    store = redis.Redis.from_url(living.cloche.redis_url)
    assert wait_for(lambda: store.hget(f"job:{made}", "s") == b"running")
    return made, store


def processes(living: Restartable) -> list[int]:
    """What runs in this engine's containers, on the host, whether the engine is there or not."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if any(container in (entry / "cgroup").read_text() for container in KNOWN):
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if Proc.of(pid) is not None]


KNOWN: set[str] = set()  # every container that a test has seen


@pytest.fixture(autouse=True)
def remembered(living: Restartable) -> None:
    """What this engine has before a test."""
    KNOWN.update(living.containers())


@pytest.mark.parametrize("ending", ["kill", "stop"])
def test_a_running_call_outlives_the_engine(living: Restartable, ending: str) -> None:
    """It is answered by the container it began in, run once; that container then serves on, and can be bounded anew."""
    customer = Customer(living.cloche, living.cloche.tenant(f"busy-{ending}"))
    name = customer.ready(COUNTING)
    assert customer.ask(name, 1)["output"] == 1
    job, store = begin(living, customer, name, ROUNDS)
    known = living.containers()
    getattr(living, ending)()
    living.start()
    assert finish(customer, [job]) == [ROUNDS]
    assert store.hget(f"job:{job}", "a") == b"1"
    assert customer.ask(name, 2)["output"] == 2
    assert known.keys() & {found for found, state in living.containers().items() if state == "running"}
    other = customer.ready("return [x]", memory_bytes=600 * 2**20)
    assert customer.ask(other, 3)["output"] == [3]
    assert wait_for(lambda: whole(customer))


def test_what_is_canceled_while_the_engine_is_away_ends_with_its_return(living: Restartable) -> None:
    """The job is canceled once and at once; its container, which nobody could kill, is gone soon after."""
    customer = Customer(living.cloche, living.cloche.tenant("canceling"))
    name = customer.ready(COUNTING)
    job, store = begin(living, customer, name, FOREVER)
    KNOWN.update(living.containers())
    before = living.containers().keys()
    living.stop()
    assert customer.http.post(f"/v1/jobs/{job}/cancel").status_code in (200, 202)
    assert wait_for(lambda: store.hget(f"job:{job}", "s") == b"canceled")
    living.start()
    assert customer.ask(name, 5)["output"] == 5
    assert wait_for(lambda: not before <= living.containers().keys())
    assert customer.http.get(f"/v1/jobs/{job}").json()["status"] == "canceled"


def test_a_worker_that_dies_while_the_engine_is_away_leaves_nothing(living: Restartable) -> None:
    """Its containers have no owner when the engine is back: all are removed, and the job is run again."""
    customer = Customer(living.cloche, living.cloche.tenant("orphans"))
    name = customer.ready(COUNTING)
    job, store = begin(living, customer, name, ROUNDS)
    orphans = living.containers().keys()
    KNOWN.update(orphans)
    living.kill()
    os.kill(pid_of(living.cloche, "worker"), signal.SIGKILL)
    living.start()
    living.cloche.up()
    assert finish(customer, [job]) == [ROUNDS]
    assert store.hget(f"job:{job}", "a") == b"2"
    assert wait_for(lambda: not orphans & living.containers().keys())


def test_down_without_the_engine_says_what_is_left_and_how_to_end_it(living: Restartable) -> None:
    """Nobody could remove its containers: `make down` says so, and the next one leaves none."""
    KNOWN.update(living.containers())
    living.stop()
    done = living.cloche.ops("down")
    assert done.returncode == 0
    assert "Run `make down` again when the engine is back" in done.stderr
    living.start()
    living.cloche.down()
    assert living.containers() == {}
    assert wait_for(lambda: processes(living) == [])
