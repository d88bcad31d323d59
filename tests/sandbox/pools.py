"""Pools on the fake driver: what tests of the pool's logic share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from policies.limits import MIB, Limits
from sandbox.contract import Bundle
from sandbox.fake import FakeDriver, FakeSandbox
from sandbox.pool import BLANK_BYTES, Pool


def bundle(number: int, *, memory_mib: int = 100, tenant: int = 1) -> Bundle:
    """A version without files, for the fake."""
    return Bundle(
        f"ten_{tenant}",
        f"ver_{number}",
        "Model",
        Path("/source"),
        Path("/weights"),
        Limits(memory_bytes=memory_mib * MIB),
    )


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it is true."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


@pytest.fixture
def fake() -> FakeDriver:
    """A driver without containers."""
    return FakeDriver()


@pytest.fixture
def make(fake: FakeDriver) -> Iterator[Callable[..., Pool]]:
    """Pools on the fake, closed at the end."""
    pools = []

    def build(*, blanks: int = 1, room_mib: int = 1000) -> Pool:
        pool = Pool(fake, blanks=blanks, memory_budget_bytes=room_mib * MIB + blanks * BLANK_BYTES)
        pools.append(pool)
        return pool

    yield build
    for pool in pools:
        pool.close()
    assert not any(sandbox.alive for sandbox in fake.started), "a closed pool leaves nothing alive"


def used(pool: Pool, number: int, **more: int) -> FakeSandbox:
    """Lease a version once; the sandbox it had."""
    with pool.lease(bundle(number, **more)) as lease:
        sandbox = lease.sandbox
        assert isinstance(sandbox, FakeSandbox)
        return sandbox
