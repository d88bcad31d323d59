"""A model that closes its socket and goes on holds nobody up; one that dies is still asked what it died of."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.limits import MIB
from sandbox import postmortem
from sandbox.contract import LoadFailure
from sandbox.docker_driver import DockerDriver
from sandbox.postmortem import lives
from tests.attacks.declared import FOLDER
from tests.sandbox.pools import eventually
from tests.sandbox.real import SMALL, Models, ask

HANGS_UP = ("wire_close", "wire_close_everything")
DIES = {
    "segfault": ("crashed", 11),
    "abort": ("crashed", 6),
    "exit_quietly": ("crashed", None),
    "memory_bomb": ("out_of_memory", 9),
}
LOADING = """
import os
import time

import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        os.closerange(3, 1024)
        time.sleep(600)

    def predict_single(self, x):
        return x
"""


@pytest.fixture
def patient(image: str, owner: str, sandbox_run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DockerDriver]:
    """A driver under runc that would wait ten minutes for a container to end."""
    monkeypatch.setattr(postmortem, "_EXIT_SECONDS", 600.0)
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, runtime="runc", blank_limits=SMALL)
    yield driver
    driver.close()


@pytest.mark.parametrize("name", HANGS_UP)
def test_who_hangs_up_is_not_waited_for(name: str, patient: DockerDriver, models: Models) -> None:
    """Its process is seen to go on: the call ends as protocol_violation, and the sandbox is destroyed."""
    sandbox = patient.start()
    sandbox.bind(models.version((FOLDER / f"{name}.py").read_text()))
    outcome = ask(sandbox, timeout_seconds=60)
    assert (outcome.kind, outcome.message) == ("protocol_violation", "The model closed the connection to its host.")
    assert not sandbox.alive


def test_who_hangs_up_while_it_is_loaded_is_not_waited_for(patient: DockerDriver, models: Models) -> None:
    """Likewise."""
    sandbox = patient.start()
    failure = sandbox.bind(models.version(LOADING))
    assert isinstance(failure, LoadFailure)
    assert failure.kind == "protocol_violation"
    assert not sandbox.alive


@pytest.mark.parametrize("name", DIES)
def test_who_dies_did_not_hang_up(name: str, patient: DockerDriver, models: Models) -> None:
    """A process that ends closes its socket, too, a moment before anybody can be told of what."""
    for _ in range(3):
        sandbox = patient.start()
        bundle = models.version((FOLDER / f"{name}.py").read_text())
        sandbox.bind(bundle)
        outcome = ask(sandbox, timeout_seconds=60)
        assert (outcome.kind, outcome.signal) == DIES[name]
        if outcome.kind == "out_of_memory":
            assert f"{bundle.limits.memory_bytes // MIB} MiB" in outcome.message


def test_a_process_lives_until_it_ends() -> None:
    """Only what is surely this child of that parent, and not yet ending; a name full of brackets changes nothing."""
    script = "import sys; open('/proc/self/comm', 'w').write('x) Z 1 ('); print('up', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        assert lives(child.pid, parent=os.getpid())
        assert not lives(child.pid, parent=1)
        child.stdin.close()
        eventually(lambda: not lives(child.pid, parent=os.getpid()))  # it is dead, and nobody has waited for it
    assert not lives(child.pid, parent=os.getpid())
    assert not lives(0, parent=0)
