"""The wall with gVisor's kernel behind it: one attack of each kind, and inference itself.

``CLOCHE_SANDBOX_RUNTIME=runsc`` runs all of them there; this is what every run of the tests sees. Starting
a sandbox under gVisor takes seconds, and each attack takes one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import gvisor
from sandbox.docker_driver import DockerDriver
from sandbox.pool import Pool
from tests.attacks.declared import Attack, attacks
from tests.attacks.play import Stage, play
from tests.sandbox.real import MIB, SMALL, Models, ask

KINDS = (
    "capabilities", "endless_loop", "fork_bomb", "kernel_mount", "kernel_unshare", "memory_bomb", "network_unix",
    "proc_probing", "segfault", "weights_written", "wire_forged_id",
)  # fmt: skip
EXERCISE = (Path(__file__).parent / "probes" / "exercise.py").read_text()


@pytest.fixture(scope="module")
def gvisor_pool(image: str, owner: str, sandbox_run_dir: Path) -> Iterator[Pool]:
    """Sandboxes under gVisor, whatever runtime the other tests use."""
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, runtime=gvisor.RUNTIME, blank_limits=SMALL)
    assert driver.runtime().gvisor
    pool = Pool(driver, blanks=2, memory_budget_bytes=8192 * MIB)
    yield pool
    pool.close()


def test_inference_works_under_gvisor(gvisor_pool: Pool, models: Models) -> None:
    """Operators, types, threads, images and scratch files: everything of the exercise."""
    with gvisor_pool.lease(models.version(EXERCISE)) as lease:
        assert lease.failure is None, lease.failure
        for name in json.loads(ask(lease.sandbox, None).output):
            outcome = ask(lease.sandbox, name, timeout_seconds=60)
            assert outcome.kind == "succeeded", (name, outcome)


@pytest.mark.parametrize(
    "attack", [each for each in attacks(gvisor=True) if each.name in KINDS], ids=lambda attack: attack.name
)
def test_attack_ends_as_declared_under_gvisor(attack: Attack, gvisor_pool: Pool, stage: Stage) -> None:
    """The same promise as under runc, with another kernel behind the wall."""
    play(attack, gvisor_pool, stage)


def test_every_kind_is_an_attack() -> None:
    """No name above is a stale one."""
    assert set(KINDS) <= {each.name for each in attacks()}
