"""Places: where a worker may have only so many sandboxes (GPUs), blank and bound ones share them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.fake import FakeDriver, ends
from sandbox.pool import Pool
from tests.sandbox.pools import bundle, eventually, fake, make, used
from tests.sandbox.real import ask

__all__ = ["fake", "make"]


def test_places_hold_blank_and_bound_ones_together(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """With one place the blank one is bound, no other is started beside it, and the next version takes its place."""
    fake.places = 1
    pool = make(blanks=2)
    eventually(lambda: pool.blanks_ready == 1)
    first = used(pool, 1)
    assert first is fake.started[0]
    assert used(pool, 1) is first
    second = used(pool, 2)
    assert not first.alive
    assert second.alive
    pool.evict("ver_2")
    eventually(lambda: pool.blanks_ready == 1)
    assert sum(sandbox.alive for sandbox in fake.started) == 1
    assert pool.fault is None


def test_the_least_recently_used_gives_its_place(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """With two places two versions stay warm; a third takes the place of the one that waited longest."""
    fake.places = 2
    pool = make(blanks=1)
    first, second = used(pool, 1), used(pool, 2)
    assert used(pool, 1) is first
    used(pool, 3)
    assert first.alive
    assert not second.alive


def test_a_place_is_free_when_its_sandbox_died(make: Callable[..., Pool], fake: FakeDriver) -> None:
    """A sandbox condemned under its lease makes room for a blank one as soon as the lease ends."""
    fake.places = 1
    fake.behaviours["ver_1"] = ends("crashed")
    pool = make(blanks=1)
    with pool.lease(bundle(1)) as lease:
        ask(lease.sandbox)
    eventually(lambda: pool.blanks_ready == 1)


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(
    places=st.integers(1, 3),
    blanks=st.integers(0, 3),
    rigid=st.booleans(),
    moves=st.lists(st.tuples(st.sampled_from(["use", "kill", "evict"]), st.integers(1, 4)), max_size=25),
)
def test_no_order_of_leases_takes_more_than_the_places(
    places: int, blanks: int, rigid: bool, moves: list[tuple[str, int]]
) -> None:
    """Leases, deaths and evictions in any order: no more sandboxes live than places, and every lease gets one."""
    fake = FakeDriver()
    fake.places, fake.rigid = places, rigid
    pool = Pool(fake, blanks=blanks, memory_budget_bytes=2**40)
    try:
        for move, number in moves:
            if move == "evict":
                pool.evict(f"ver_{number}")
                continue
            sandbox = used(pool, number)
            if move == "kill":
                sandbox.destroy()
            assert sum(each.alive for each in fake.started) <= places
    finally:
        pool.close()
