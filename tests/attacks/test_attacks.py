"""Hostile models with the policy switched off: each ends as it declares, and a good job follows at once."""

from __future__ import annotations

import os

import pytest

from sandbox.pool import Pool
from tests.attacks.declared import Attack, attacks
from tests.attacks.play import Stage, play

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
