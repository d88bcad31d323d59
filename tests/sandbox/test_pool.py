"""The pool: blank ones ahead, bound ones kept under a budget, faults told. Logic on the fake, truth on Docker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from policies.limits import MIB, Limits
from sandbox import demand
from sandbox.contract import Bundle, LoadFailure
from sandbox.errors import EngineUnreachable
from sandbox.fake import FakeDriver, ends
from sandbox.pool import Pool
from tests.sandbox.pools import bundle, eventually, fake, make, used
from tests.sandbox.real import ECHO, Models, ask, call

__all__ = ["fake", "make"]


def test_blank_ones_are_kept_ready(make: Callable[..., Pool]) -> None:
    """As many as asked for, and refilled after one is taken."""
    pool = make(blanks=2)
    eventually(lambda: pool.blanks_ready == 2)
    used(pool, 1)
    eventually(lambda: pool.blanks_ready == 2)


def test_who_holds_most_is_displaced_first(make: Callable[..., Pool]) -> None:
    """A tenant that goes through many versions displaces its own; another one's sandbox stays warm, unused for long."""
    pool = make(room_mib=300)
    light = used(pool, 1, tenant=2)
    heavy = [used(pool, number) for number in range(2, 8)]
    assert [sandbox.alive for sandbox in heavy] == [False] * 4 + [True] * 2
    assert light.alive


def test_limits_that_cannot_be_changed_take_a_sandbox_of_their_own(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """Where binding can't change limits, other limits than the blank ones' start a sandbox with them."""
    fake.rigid = True
    pool = make(blanks=1)
    eventually(lambda: pool.blanks_ready == 1)
    assert used(pool, 1).limits == bundle(1).limits
    usual = Bundle("ten_1", "ver_2", "Model", Path("/source"), Path("/weights"), Limits())
    with pool.lease(usual) as lease:
        assert lease.sandbox is fake.started[0]


def test_no_blank_ones_wanted_still_serves(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """With none ahead a lease starts its own."""
    pool = make(blanks=0)
    assert used(pool, 1).alive
    assert len(fake.started) == 1


def test_a_version_is_bound_once(make: Callable[..., Pool]) -> None:
    """The second lease is warm and holds the same sandbox."""
    pool = make()
    first = used(pool, 1)
    with pool.lease(bundle(1)) as lease:
        assert lease.warm
        assert lease.bind_seconds == lease.cost_seconds == 0
        assert lease.sandbox is first


def test_what_a_lease_cost_counts_the_making_of_its_blank_one(
    make: Callable[..., Pool], fake: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes one that waited has another one made."""
    start = fake.start
    monkeypatch.setattr(fake, "start", lambda limits=None: time.sleep(0.1) or start(limits))
    pool = make()
    eventually(lambda: pool.blanks_ready == 1)
    with pool.lease(bundle(1)) as lease:
        assert lease.cost_seconds >= pool.start_seconds >= 0.1


def test_no_sandbox_ever_serves_two_versions(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """Every sandbox is bound once at most, whatever is leased in what order."""
    pool = make()
    sandboxes = {number: used(pool, number) for number in (1, 2, 3)}
    assert len({sandbox.name for sandbox in sandboxes.values()}) == 3
    for number in (3, 1, 2):
        assert used(pool, number) is sandboxes[number]


def test_other_limits_bind_anew(make: Callable[..., Pool]) -> None:
    """A quota that changed takes effect at the next lease: the old sandbox goes."""
    pool = make()
    old = used(pool, 1, memory_mib=100)
    new = used(pool, 1, memory_mib=200)
    assert new is not old
    assert not old.alive


def test_the_least_recently_used_is_evicted(make: Callable[..., Pool]) -> None:
    """Over the budget the one that waited longest goes, not the one used last."""
    pool = make(room_mib=250)
    first, second = used(pool, 1), used(pool, 2)
    used(pool, 1)
    third = used(pool, 3)
    assert first.alive
    assert not second.alive
    assert third.alive


def test_what_is_leased_is_never_evicted(make: Callable[..., Pool]) -> None:
    """More leases than the budget holds: all are served."""
    pool = make(room_mib=100)
    with pool.lease(bundle(1)) as one, pool.lease(bundle(2)) as two, pool.lease(bundle(3)) as three:
        assert all(lease.sandbox.alive for lease in (one, two, three))
    assert pool.bound_idle <= 1


def test_two_leases_of_one_version_have_two_sandboxes(make: Callable[..., Pool]) -> None:
    """A sandbox answers for one lease at a time."""
    pool = make()
    with pool.lease(bundle(1)) as one, pool.lease(bundle(1)) as two:
        assert one.sandbox is not two.sandbox


def test_a_dead_sandbox_is_not_kept(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """After a crash the next lease binds a new one."""
    fake.behaviours["ver_1"] = ends("crashed")
    pool = make()
    with pool.lease(bundle(1)) as lease:
        assert [outcome.kind for outcome in lease.sandbox.run([call(1)])] == ["crashed"]
    assert pool.bound_idle == 0
    with pool.lease(bundle(1)) as lease:
        assert not lease.warm


def test_one_that_died_while_idle_is_not_leased(make: Callable[..., Pool]) -> None:
    """A bound sandbox that ended while it waited is replaced."""
    pool = make()
    used(pool, 1).destroy()
    with pool.lease(bundle(1)) as lease:
        assert not lease.warm
        assert lease.sandbox.alive


def test_a_load_failure_is_told_and_nothing_is_kept(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """The lease carries the failure instead of a sandbox."""
    fake.load_failures["ver_1"] = LoadFailure("weights_mismatch", "no")
    pool = make()
    with pool.lease(bundle(1)) as lease:
        assert lease.failure == LoadFailure("weights_mismatch", "no")
        with pytest.raises(RuntimeError, match=r"lease\.failure"):
            _ = lease.sandbox
    assert pool.bound_idle == 0


def test_a_platform_failure_is_tried_once_more(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """A blank one that died while it waited costs a second, not the job."""
    pool = make(blanks=0)
    fake.load_failures["ver_1"] = LoadFailure("platform", "gone")
    with pool.lease(bundle(1)) as lease:
        assert lease.failure is not None
    assert len(fake.started) == 2


def test_more_wait_while_they_are_taken_quickly(
    make: Callable[..., Pool], fake: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as were just taken; when nobody takes any, the usual number is left and the others are gone."""
    pool = make(blanks=1, room_mib=100_000)
    for number in range(4):
        used(pool, number)
    eventually(lambda: pool.blanks_ready == 4)
    monkeypatch.setattr(demand, "WINDOW_SECONDS", 0.01)
    eventually(lambda: pool.blanks_ready == 1)
    eventually(lambda: sum(sandbox.alive and sandbox.bundle is None for sandbox in fake.started) == 1)


@pytest.mark.parametrize(
    ("least", "budget_mib", "taken", "wanted"),
    [
        (1, 100_000, 0, 1), (1, 100_000, 1, 1), (1, 100_000, 3, 3), (1, 100_000, 50, 8), (2, 100_000, 1, 2),
        (1, 2048, 50, 2), (1, 100, 50, 1), (10, 100_000, 3, 10), (0, 100_000, 50, 0),
    ],
)  # fmt: skip
def test_demand_has_a_floor_and_a_ceiling(least: int, budget_mib: int, taken: int, wanted: int) -> None:
    """Never fewer than asked for, never more than eight or a quarter of the memory; none where none are wanted."""
    blanks = demand.Demand(least=least, budget_bytes=budget_mib * MIB, each_bytes=256 * MIB)
    for _ in range(taken):
        blanks.taken(100.0)
    assert blanks.wanted(101.0) == wanted
    assert blanks.wanted(100.0 + demand.WINDOW_SECONDS) == least


def test_what_dies_while_it_waits_is_replaced(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """Nobody has to ask first: dead blank ones are made anew, dead bound ones forgotten."""
    pool = make(blanks=2)
    used(pool, 1)
    eventually(lambda: pool.blanks_ready == 2)
    started = len(fake.started)
    for sandbox in fake.started:
        sandbox.destroy()
    eventually(lambda: len(fake.started) == started + 2 and pool.blanks_ready == 2 and pool.bound_idle == 0)


def test_dead_blank_ones_cost_nothing_but_the_start(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """However many of them died at once, the next lease gets one that lives."""
    pool = make(blanks=8)
    eventually(lambda: pool.blanks_ready == 8)
    for sandbox in fake.started:
        sandbox.destroy()
    with pool.lease(bundle(1)) as lease:
        assert lease.failure is None
        assert lease.sandbox.alive


def test_evict_destroys_idle_and_leased(make: Callable[..., Pool]) -> None:
    """An idle one goes at once, a leased one when its lease ends; other versions stay."""
    pool = make()
    other, idle = used(pool, 2), used(pool, 1)
    pool.evict("ver_1")
    assert not idle.alive
    with pool.lease(bundle(1)) as lease:
        leased = lease.sandbox
        pool.evict("ver_1")
        assert leased.alive
    assert not leased.alive
    assert other.alive


def test_an_engine_that_is_down_is_told_and_picked_up_again(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """The fault has the error's code, leases raise it, and it goes away by itself, after a sweep."""
    fake.fault = EngineUnreachable("refused")
    pool = make()
    eventually(lambda: pool.fault == "engine_unreachable")
    with pytest.raises(EngineUnreachable), pool.lease(bundle(1)):
        pass
    fake.fault = None
    eventually(lambda: pool.fault is None and pool.blanks_ready == 1)
    assert fake.sweeps == 1
    assert used(pool, 1).alive


def test_an_exception_in_the_lease_is_not_swallowed(make: Callable[..., Pool]) -> None:
    """The sandbox is given back and the error goes on."""
    pool = make()
    with pytest.raises(ZeroDivisionError), pool.lease(bundle(1)):
        raise ZeroDivisionError
    assert pool.bound_idle == 1


def test_many_threads(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """Eight threads leasing four versions: no sandbox is ever in two hands, or bound to two versions."""
    pool = make(blanks=2, room_mib=300)
    busy: set[str] = set()
    lock = threading.Lock()
    wrong: list[str] = []

    def work(seed: int) -> None:
        for step in range(200):
            with pool.lease(bundle((seed + step) % 4)) as lease:
                name = lease.sandbox.name
                with lock:
                    if name in busy or lease.sandbox.bundle != lease.bundle:  # type: ignore[attr-defined]  # the fake's
                        wrong.append(name)
                    busy.add(name)
                with lock:
                    busy.discard(name)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_on_docker_a_version_stays_bound(pool: Pool, models: Models) -> None:
    """The second lease of a real sandbox is warm and answers."""
    version = models.version(ECHO)
    with pool.lease(version) as lease:
        assert ask(lease.sandbox, 1).output == b"1"
        name = lease.sandbox.name
    with pool.lease(version) as lease:
        assert lease.warm
        assert lease.sandbox.name == name
        assert ask(lease.sandbox, 2).output == b"2"
    pool.evict(version.version_id)
