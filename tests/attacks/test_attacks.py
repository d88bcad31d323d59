"""Hostile models with the policy switched off: each ends as it declares, and a good job follows at once."""

from __future__ import annotations

import os
import time

import docker
import pytest

from sandbox.pool import Pool
from tests.attacks.declared import Attack, attacks
from tests.attacks.play import Stage, play
from tests.sandbox.real import call

GVISOR = os.environ.get("CLOCHE_SANDBOX_RUNTIME") == "runsc"
ATTACKS = attacks(gvisor=GVISOR)


def test_there_are_enough_attacks() -> None:
    """Every file says what it attacks and how that must end; there are more than sixty."""
    assert len(ATTACKS) >= 60
    assert all(attack.attack and (attack.expect or attack.load) for attack in ATTACKS)


def test_what_differs_under_gvisor_says_why() -> None:
    """Another ending there is declared with its reason."""
    assert all(bool(attack.gvisor) == bool(attack.gvisor_why) for attack in ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_ends_as_declared(attack: Attack, pool: Pool, stage: Stage) -> None:
    """The attack's outcome is the declared one, its files are untouched, and the neighbour's next job succeeds."""
    play(attack, pool, stage)


@pytest.mark.parametrize("name", ["survive_kill", "idle_work"])
def test_nothing_outlives_its_sandbox(name: str, pool: Pool, stage: Stage) -> None:
    """A container that is destroyed is removed, which the engine does when the last process in it is gone."""
    attack = next(each for each in ATTACKS if each.name == name)
    bundle = stage.models.version(attack.source)
    with pool.lease(bundle) as lease:
        container_id = lease.sandbox.name
        assert [outcome.kind for outcome in lease.sandbox.run([call(timeout_seconds=2)])] == [attack.expect]
    pool.evict(bundle.version_id)
    client = docker.from_env()
    deadline = time.monotonic() + 60
    while client.containers.list(all=True, ignore_removed=True, filters={"id": container_id}):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    client.close()
