"""Who kills a sandbox from outside is told apart from a model that ends itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import docker
import pytest
from docker.models.containers import Container

from sandbox.docker_driver import DockerDriver
from sandbox.docker_sandbox import DockerSandbox
from sandbox.outcome import Outcome
from tests.sandbox.real import Models, call

SLEEPS = """
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        time.sleep(30)
"""


def engine_kills(container: Container) -> None:
    """What ``docker kill`` does, and an engine that starts again with containers of before."""
    container.kill()


def engine_stops(container: Container) -> None:
    """What ``docker stop`` does, and an engine that is stopped."""
    container.stop(timeout=5)


def host_kills_the_runner(container: Container) -> None:
    """SIGKILL to the runner's process alone, as the host's out-of-memory killer does; gVisor's where it is in that."""
    processes = container.top(ps_args="-eo pid,args")["Processes"]
    runners = [pid for pid, command in processes if command.endswith("-m sandbox.runner") and "init" not in command]
    pid = runners[0] if runners else container.attrs["State"]["Pid"]
    assert container.client is not None
    script = ["python3", "-c", f"import os; os.kill({pid}, 9)"]
    container.client.containers.run(
        container.image, entrypoint=script, user="0", pid_mode="host", network_mode="none", remove=True
    )


@pytest.mark.parametrize("kill", [engine_kills, engine_stops, host_kills_the_runner])
def test_a_sandbox_killed_from_outside_is_the_platforms_fault(
    driver: DockerDriver, models: Models, kill: Callable[[Container], None]
) -> None:
    """Its call is to be tried again, and is not held against the tenant."""
    sandbox = driver.start()
    sandbox.bind(models.version(SLEEPS))
    outcomes: list[Outcome] = []
    running = threading.Thread(target=lambda: outcomes.extend(sandbox.run([call(timeout_seconds=25)])))
    running.start()
    _await_call(sandbox)
    client = docker.from_env()
    kill(client.containers.get(sandbox.container_id))
    client.close()
    running.join(20)
    assert [(o.kind, o.message) for o in outcomes] == [
        ("platform", "The sandbox was killed from outside while it worked.")
    ]
    assert not sandbox.alive


def _await_call(sandbox: DockerSandbox) -> None:
    """A moment for the call to arrive: one that has not is answered all the same, by who died idle."""
    deadline = time.monotonic() + 5
    while not sandbox._in_use.locked():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.3)
