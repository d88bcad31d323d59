"""The Docker driver: what it leaves behind (nothing), and what it says when something is missing."""

from __future__ import annotations

import fcntl
import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest
import structlog

from policies.limits import MIB
from sandbox import image as image_module
from sandbox.contract import Bound, LoadFailure
from sandbox.devices import Devices
from sandbox.docker_driver import OWNER_LABEL, WORKER_LABEL, DockerDriver
from sandbox.door import Door
from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable, GpuUnavailable, ImageMissing, RuntimeMissing, StartFailed
from sandbox.postmortem import Death, examine
from sandbox.worker_lock import WorkerLock
from tests.sandbox.real import ECHO, SMALL, Models, ask


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    """The engine itself."""
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture
def own(image: str, owner: str, sandbox_run_dir: Path) -> Iterator[DockerDriver]:
    """A driver of this test's own."""
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=f"{owner}-own", blank_limits=SMALL)
    yield driver
    driver.close()


def containers(client: docker.DockerClient, owner: str) -> list[str]:
    """Ids of an installation's containers, dead ones too."""
    found = client.containers.list(all=True, filters={"label": f"{OWNER_LABEL}={owner}"})
    return [str(container.id) for container in found]


def test_nothing_is_left(own: DockerDriver, owner: str, client: docker.DockerClient, sandbox_run_dir: Path) -> None:
    """A closed driver leaves no container, no folder and no lock."""
    sandbox = own.start()
    assert containers(client, f"{owner}-own")
    names = {path.name for path in sandbox_run_dir.iterdir()}
    sandbox.destroy()
    own.close()
    assert containers(client, f"{owner}-own") == []
    left = {path.name for path in sandbox_run_dir.iterdir()}
    assert len(left) == len(names) - 2


FRUGAL = """
import os, sys
from pathlib import Path
from sandbox.contract import Bundle
from sandbox.docker_driver import DockerDriver
driver = DockerDriver(run_dir=Path(sys.argv[1]), image=sys.argv[2], owner=sys.argv[3])
counts = []
for _ in range(3):
    sandbox = driver.start()
    sandbox.bind(Bundle("t", "v", "Model", Path(sys.argv[4]), Path(sys.argv[5])))
    sandbox.destroy()
    driver._remover.close()
    driver._engine.close()  # the client keeps up to 25 connections to the engine: those are no leak
    counts.append(len(os.listdir("/proc/self/fd")))
driver.close()
print(counts[1:])
"""


def test_no_descriptor_leaks(image: str, owner: str, models: Models, sandbox_run_dir: Path) -> None:
    """Sandbox after sandbox, the process holds the same number of open files."""
    version = models.version(ECHO)
    command = [
        sys.executable,
        "-c",
        FRUGAL,
        str(sandbox_run_dir),
        image,
        owner,
        str(version.source),
        str(version.weights),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    counts = json.loads(done.stdout)
    assert counts[0] == counts[1]


ORPHAN = """
import os, sys
from pathlib import Path
from sandbox.docker_driver import DockerDriver
driver = DockerDriver(run_dir=Path(sys.argv[1]), image=sys.argv[2], owner=sys.argv[3])
print(driver.start().container_id, flush=True)
os.kill(os.getpid(), 9)
"""


def test_sweep_removes_what_a_killed_worker_left(
    own: DockerDriver, image: str, owner: str, client: docker.DockerClient, sandbox_run_dir: Path
) -> None:
    """A worker that died by kill -9 leaves nothing after the next sweep; the living keep theirs."""
    mine = own.start()
    command = [sys.executable, "-c", ORPHAN, str(sandbox_run_dir), image, f"{owner}-own"]
    orphan = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True).stdout.strip()
    assert orphan in containers(client, f"{owner}-own")
    assert own.sweep() == 1
    assert containers(client, f"{owner}-own") == [mine.container_id]
    assert mine.alive
    mine.destroy()


def test_sweep_never_touches_another_installation(
    own: DockerDriver, image: str, owner: str, client: docker.DockerClient, sandbox_run_dir: Path
) -> None:
    """The same folder, another owner: not ours to remove."""
    made = client.containers.create(image, labels={OWNER_LABEL: f"{owner}-other", WORKER_LABEL: "w-00000000"})
    try:
        assert own.sweep() == 0
        assert containers(client, f"{owner}-other") == [made.id]
    finally:
        made.remove()


def test_nobody_else_on_the_host_reaches_a_door(sandbox_run_dir: Path) -> None:
    """Who dials first is handed a tenant's files: the sockets lie in a folder that only the worker's user enters."""
    worker = WorkerLock(sandbox_run_dir)
    door = Door(worker.folder / "1")
    assert stat.S_IMODE(worker.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(door.folder.stat().st_mode) == 0o755  # as the sandbox's user sees it, mounted
    door.close()
    worker.release()


def test_a_starting_worker_is_not_taken_for_a_dead_one(own: DockerDriver, sandbox_run_dir: Path) -> None:
    """A lock file is locked from the moment it has its name."""
    own.start().destroy()
    (path,) = [path for path in sandbox_run_dir.glob("w-*.lock") if own._is_own(path.stem)]
    with path.open("rb") as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_missing_image_says_what_to_do(owner: str, sandbox_run_dir: Path) -> None:
    """The error names the image and the command that makes it."""
    driver = DockerDriver(run_dir=sandbox_run_dir, image="cloche-runner:nowhere", owner=owner)
    with pytest.raises(ImageMissing, match=r"cloche-runner:nowhere is not built\. Run `make setup`"):
        driver.start()
    driver.close()


def test_an_engine_that_is_away_is_told_and_found_again(
    image: str, owner: str, sandbox_run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens: engine_unreachable. It listens again: the same driver works, without a restart."""
    away = sandbox_run_dir / "engine.sock"
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, blank_limits=SMALL)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{away}")
    with pytest.raises(EngineUnreachable):
        driver.ping()
    with pytest.raises(EngineUnreachable):
        driver.start()
    away.symlink_to("/var/run/docker.sock")
    driver.ping()
    sandbox = driver.start()
    away.unlink()
    sandbox.destroy()
    driver._remover.close()
    assert not sandbox.alive
    away.symlink_to("/var/run/docker.sock")
    driver.sweep()
    driver.close()
    away.unlink()


def test_no_gpu_is_a_clear_error(image: str, owner: str, sandbox_run_dir: Path, client: docker.DockerClient) -> None:
    """An engine without GPUs refuses the request; the error says so and no container is left."""
    before = containers(client, owner)
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, devices=Devices(["0"]))
    with pytest.raises(GpuUnavailable, match="no GPU to pass through"):
        driver.start()
    driver.close()
    assert containers(client, owner) == before


def test_an_unknown_runtime_says_what_to_do(image: str, owner: str, sandbox_run_dir: Path) -> None:
    """The error names it, those the engine has, and the way to register one."""
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, runtime="nothing-like-this")
    with pytest.raises(RuntimeMissing, match=r"nothing-like-this.*runc.*make setup GVISOR=1"):
        driver.start()
    driver.close()


def test_an_image_that_is_no_runner_is_a_failed_start(
    owner: str, sandbox_run_dir: Path, client: docker.DockerClient, image: str, tmp_path: Path
) -> None:
    """A container that ends before it says hello is told apart, with its last words."""
    (tmp_path / "Dockerfile").write_text(
        f'FROM {image}\nENTRYPOINT ["python3", "-c", "raise SystemExit(\'not a runner\')"]\n'
    )
    client.images.build(path=str(tmp_path), tag=f"{owner}:odd", rm=True)
    driver = DockerDriver(run_dir=sandbox_run_dir, image=f"{owner}:odd", owner=owner)
    try:
        with pytest.raises(StartFailed, match="not a runner"):
            driver.start()
    finally:
        driver.close()
        client.images.remove(f"{owner}:odd")


def test_binding_sets_the_versions_limits(own: DockerDriver, models: Models, client: docker.DockerClient) -> None:
    """A blank one has the blank's limits, a bound one its version's."""
    sandbox = own.start()
    limits = replace(SMALL, memory_bytes=700 * MIB, cpus=0.5)
    assert isinstance(sandbox.bind(models.version(ECHO, limits=limits)), Bound)
    config = client.api.inspect_container(sandbox.container_id)["HostConfig"]
    assert (config["Memory"], config["MemorySwap"]) == (700 * MIB, 700 * MIB)
    assert config["CpuQuota"] / config["CpuPeriod"] == 0.5
    assert json.loads(ask(sandbox, 1).output) == 1
    sandbox.destroy()


def test_too_little_memory_is_said_to_be(own: DockerDriver, models: Models) -> None:
    """A limit below what the runner itself takes is the limit's fault, not the platform's."""
    sandbox = own.start()
    failure = sandbox.bind(models.version(ECHO, limits=replace(SMALL, memory_bytes=64 * MIB)))
    assert isinstance(failure, LoadFailure)
    assert failure.kind == "out_of_memory"
    assert "at least 256 MiB" in failure.message
    assert not sandbox.alive


def test_a_fault_of_ours_tells_the_tenant_nothing_of_the_host(own: DockerDriver, models: Models) -> None:
    """A blob that is gone is a matter for the log; the tenant reads neither where it was nor in which container."""
    sandbox = own.start()
    bundle = models.version(ECHO)
    bundle.source.unlink()
    with structlog.testing.capture_logs() as told:
        failure = sandbox.bind(bundle)
    assert failure == LoadFailure("platform", "The sandbox could not be given the version.")
    assert str(bundle.source) in told[0]["error"]


def test_an_engine_that_does_not_tell_the_ending_is_not_quoted() -> None:
    """Its address is the operator's."""

    class Away(Engine):
        def state(self, container_id: str) -> dict[str, Any] | None:
            raise EngineUnreachable("http+docker://10.0.0.1/v1.41/containers/0123/json")

    with structlog.testing.capture_logs() as told:
        death = examine(Away(), "0123456789abcdef", runner_pid=0, memory_bytes=MIB)
    assert death == Death("platform", "The container engine did not tell how the sandbox ended.")
    assert "10.0.0.1" in told[0]["error"]


def test_the_tag_follows_the_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another pin is another image; the same content is the same tag."""
    before = image_module.tag()
    assert image_module.tag() == before
    monkeypatch.setattr(image_module, "pins", lambda: ("torch==0",))
    assert image_module.tag() != before
