"""Hostile models that compute when nobody calls them: their sandboxes are not kept."""

from __future__ import annotations

import time

import docker
import pytest

from sandbox.idleness import EVERY_SECONDS
from sandbox.outcome import Outcome
from sandbox.pool import Pool
from tests.attacks.declared import Attack, attacks
from tests.attacks.play import Stage
from tests.sandbox.pools import eventually
from tests.sandbox.real import ask

COMPUTING = [attack for attack in attacks() if attack.name in {"idle_work", "idle_later"}]


@pytest.mark.parametrize("attack", COMPUTING, ids=lambda attack: attack.name)
def test_what_computes_while_idle_is_gone_within_seconds(attack: Attack, pool: Pool, stage: Stage) -> None:
    """Its container is removed though nobody evicts it; a good job succeeds beside it, and its own next one as well."""
    version = stage.models.version(attack.source)
    with pool.lease(version) as lease:
        name = lease.sandbox.name
        assert ask(lease.sandbox).kind == attack.expect
    assert _good(pool, stage).output == b'"good"'
    client = docker.from_env()
    eventually(lambda: not client.containers.list(all=True, ignore_removed=True, filters={"id": name}))
    client.close()
    assert _good(pool, stage).output == b'"good"'
    with pool.lease(version) as lease:
        assert not lease.warm
        assert lease.sandbox.name != name
        assert ask(lease.sandbox).kind == attack.expect
    pool.evict(version.version_id)


def test_what_is_merely_idle_is_kept(pool: Pool, stage: Stage) -> None:
    """The neighbour's sandbox is the same one after several looks."""
    with pool.lease(stage.neighbour) as lease:
        name = lease.sandbox.name
        assert ask(lease.sandbox, "good").kind == "succeeded"
    time.sleep(4 * EVERY_SECONDS)
    with pool.lease(stage.neighbour) as lease:
        assert lease.warm
        assert lease.sandbox.name == name


def _good(pool: Pool, stage: Stage) -> Outcome:
    with pool.lease(stage.neighbour) as lease:
        return ask(lease.sandbox, "good")
