"""The container engine really dies and comes back, under a Cloche of the test's own that stays up."""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
import redis

import sandbox.image
from ops import docker_host, dockerd, proc
from ops.dockerd import Daemon
from sandbox.image import build
from tests.conftest import Engine
from tests.e2e.conftest import Customer
from tests.e2e.test_durability import finish, pid_of, submit
from tests.ops.second import end, separate

OWN_SECONDS = 60.0


@dataclass
class Restartable:
    """A Cloche on a container engine of its own, which can be ended in either way and started again."""

    cloche: Engine
    daemon: Daemon
    process: proc.Proc | None

    def kill(self) -> None:
        """kill -9 of dockerd and of the containerd it started: what they started lives on."""
        containerd = None
        with contextlib.suppress(OSError):
            containerd = proc.Proc.of(int(self.daemon.containerd_pid_file.read_text()))
        self.stop(signal.SIGKILL)
        if containerd is not None:
            end(containerd, signal.SIGKILL)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End dockerd; asked politely, it ends its containers first."""
        assert self.process is not None
        end(self.process, number)
        self.process = None
        assert docker_host.trouble(self.daemon.host) is not None

    def start(self) -> None:
        """Start it again."""
        self.process = dockerd.start(self.daemon)

    def containers(self) -> dict[str, str]:
        """Id to status of everything the engine knows."""
        client = docker.DockerClient(base_url=self.daemon.host)
        try:
            return {str(found["Id"]): str(found["State"]) for found in client.api.containers(all=True)}
        finally:
            client.close()


@pytest.fixture(scope="module")
def restartable() -> Iterator[Restartable]:
    """One worker on an engine of this file's own, which holds the runner image."""
    with separate() as daemon:
        yield from cloche_on(daemon)


def cloche_on(daemon: Daemon) -> Iterator[Restartable]:
    """A Cloche with one worker on this engine, which is started; both are taken down at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cl-"))
    process = dockerd.start(daemon)
    _hand_over_image(daemon)
    cloche = Engine(folder, CLOCHE_WORKERS="1", DOCKER_HOST=daemon.host)
    stand = Restartable(cloche, daemon, process)
    try:
        cloche.up()
        yield stand
    finally:
        if stand.process is None:
            stand.start()
        cloche.down()
        stand.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _hand_over_image(daemon: Daemon) -> None:
    build.build(say=print)
    ours, theirs = docker.from_env(timeout=120), docker.DockerClient(base_url=daemon.host, timeout=120)
    theirs.images.load(ours.images.get(sandbox.image.tag()).save(named=True))
    ours.close()
    theirs.close()


def wait_for(condition: Callable[[], bool]) -> bool:
    """True as soon as it holds; False after a minute."""
    deadline = time.monotonic() + OWN_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def whole(customer: Customer) -> bool:
    """Whether /readyz finds everything in order."""
    return customer.http.get("/readyz").status_code == 200


def test_an_engine_that_is_killed_is_found_again(restartable: Restartable) -> None:
    """Bound sandboxes answer without it, what needs a new one waits; back again, everything is answered.

    The worker is the same process all the time, and nothing that died with the engine is left of it.
    """
    cloche = restartable.cloche
    customer = Customer(cloche, cloche.tenant("patient"))
    warm, other = (customer.ready(f"return [x, {number}]") for number in range(2))
    assert customer.ask(warm, 1)["output"] == [1, 0]
    worker = pid_of(cloche, "worker")
    known = restartable.containers()
    restartable.kill()
    before = known.keys()
    assert customer.ask(warm, 2)["output"] == [2, 0]  # nobody asks the engine to let a call through
    assert wait_for(lambda: "engine_unreachable" in customer.http.get("/readyz").text)
    waiting = submit(customer, other, 3)
    restartable.start()
    assert finish(customer, waiting) == [[0, 1], [1, 1], [2, 1]]
    assert customer.ask(warm, 3)["output"] == [3, 0]
    assert wait_for(lambda: whole(customer))
    assert pid_of(cloche, "worker") == worker
    assert wait_for(lambda: not before & restartable.containers().keys())


@pytest.mark.parametrize("ending", ["kill", "stop"])
def test_a_call_that_the_engine_takes_with_it_is_run_again(restartable: Restartable, ending: str) -> None:
    """Its sandbox died of no fault of its own: the job runs again when the engine is back, and is answered."""
    customer = Customer(restartable.cloche, restartable.cloche.tenant(f"busy-{ending}"))
    name = customer.ready("n = 0\nwhile n < x:\n    n += 1\nreturn n")
    rounds = 150_000_000  # some seconds
    made = customer.http.post(f"/v1/models/{name}/jobs", json={"input": rounds})
    job = f"job:{made.json()['id']}"
    store = redis.Redis.from_url(restartable.cloche.redis_url)
    assert wait_for(lambda: store.hget(job, "s") == b"running")
    getattr(restartable, ending)()
    restartable.start()
    assert finish(customer, [made.json()["id"]]) == [rounds]
    assert store.hget(job, "a") == b"2"
