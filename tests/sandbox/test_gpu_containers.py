"""Containers with a GPU, as far as an engine without one goes: what it is asked for, and what it is told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import hardening, runtimes, seccomp
from sandbox.contract import Bound
from sandbox.devices import Devices
from sandbox.docker_driver import DockerDriver
from sandbox.docker_sandbox import DockerSandbox
from sandbox.door import Door
from sandbox.errors import GpuUnavailable
from sandbox.pool import Pool
from tests.sandbox.real import SMALL, Models, ask
from tests.sandbox.test_pool import eventually

UUID = "GPU-3a8b0b9c-1f2e-4d5c-8f6a-0123456789ab"

# Which requests reach a driver: on /dev/null every one that does is answered "no such request" (25), and one that the
# filter stops "not permitted" (1).
IOCTLS = """
import fcntl
import torch

class Model(torch.nn.Module):
    def predict_single(self, requests):
        found = {}
        with open("/dev/null", "rb") as file:
            for request in requests:
                try:
                    fcntl.ioctl(file, request)
                except OSError as exc:
                    found[request] = exc.errno
        return found
"""
NVIDIA = [0xC00846D2, 0xC020462A, 0xC030462B, 0x30000001, 0x30000002, 25, 37, 75]
OTHERS = [0x5412, 0x80, 0x5452, 0x4C00, 0x40049409, 0x30000003, 0xAE01]  # TIOCSTI, loop devices, btrfs, KVM …
EPERM, ENOTTY = 1, 25

SOCKETS = """
import os
import socket
import torch

class Model(torch.nn.Module):
    def predict_single(self, x):
        found = []
        door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        door.bind(chr(0) + "cuda-uvmfd-1-2")
        door.listen(16)
        found.append("listens")
        door.setblocking(False)
        for attempt in (door.accept, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)):
            try:
                attempt()
                found.append("through")
            except OSError as exc:
                found.append(type(exc).__name__)
        file = os.memfd_create("cuda")
        os.ftruncate(file, 4096)
        found.append(os.fstat(file).st_size)
        return found
"""


FCNTLS = """
import fcntl
import os
import struct
import torch

class Model(torch.nn.Module):
    def predict_single(self, commands):
        lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
        found = {}
        with open("/tmp/asked", "wb") as file:
            for command in commands:
                argument = lock if command in (5, 6, 7, 36, 37, 38) else 0
                try:
                    fcntl.fcntl(file, command, argument)
                except OSError as exc:
                    found[command] = exc.errno
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
            except OSError as exc:
                found["flock"] = exc.errno
        memory = os.memfd_create("cuda", os.MFD_ALLOW_SEALING)
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        found["seals"] = fcntl.fcntl(memory, fcntl.F_GET_SEALS)
        return found
"""
LOCKS = ["6", "7", "37", "38", "1024", "flock"]  # F_SETLK, F_SETLKW, the two of open files, F_SETLEASE
SET_SIGNAL = "10"
F_ADD_SEALS = 1033


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    """The engine."""
    client = docker.from_env()
    yield client
    client.close()


@pytest.mark.parametrize("device", ["0", "3", UUID])
def test_a_container_asks_for_exactly_its_device(
    device: str, image: str, owner: str, sandbox_run_dir: Path, client: docker.DockerClient
) -> None:
    """Created for real, not started: one device by its id, for computing only, and every row of the table in force."""
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, devices=Devices([device]))
    door = Door(sandbox_run_dir / "gpu-door")
    options = driver._options(
        door, "w-test", limits=SMALL, runtime=runtimes.Runtime("runc", gvisor=False), device=device
    )
    container = client.containers.create(**options)
    try:
        config: dict[str, Any] = client.api.inspect_container(container.id)["HostConfig"]
    finally:
        container.remove(force=True)
        door.close()
        driver.close()
    (request,) = config["DeviceRequests"]
    assert (request["DeviceIDs"], request["Capabilities"]) == ([device], [["gpu", "compute"]])
    assert request["Count"] == 0
    assert not request["Driver"]
    assert not config["Devices"]
    assert not config["Privileged"]
    assert config["CapDrop"] == ["ALL"]
    assert config["ReadonlyRootfs"]
    assert config["NetworkMode"] == "none"
    assert any(option.startswith("seccomp=") for option in config["SecurityOpt"])


def test_a_sandbox_without_a_gpu_asks_for_none(driver: DockerDriver, client: docker.DockerClient) -> None:
    """No request, no devices, and the strict list of system calls."""
    sandbox = driver.start()
    config = client.api.inspect_container(sandbox.container_id)["HostConfig"]
    sandbox.destroy()
    assert not config["DeviceRequests"]
    assert not config["Devices"]


def test_a_device_that_failed_to_start_is_free_again(image: str, owner: str, sandbox_run_dir: Path) -> None:
    """An engine without GPUs refuses every start: the place is given back each time."""
    owned = Devices(["0"])
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, devices=owned)
    for _ in range(3):
        with pytest.raises(GpuUnavailable, match="no GPU to pass through"):
            driver.start()
    assert owned.take() == "0"
    driver.close()


def test_a_pool_says_that_the_engine_has_no_gpu(image: str, owner: str, sandbox_run_dir: Path) -> None:
    """Its fault, which the worker's heartbeat tells: gpu_unavailable."""
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, devices=Devices(["0"]))
    pool = Pool(driver, blanks=1, memory_budget_bytes=2**33)
    eventually(lambda: pool.fault == "gpu_unavailable")
    pool.close()


def test_an_image_without_cuda_says_so(
    image: str, owner: str, sandbox_run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The container has the driver's file, and PyTorch can't use it: a fault with the runner's own sentence, and the
    device is free again. (The file is /dev/null under the driver's name: this engine has no GPU to give.)"""
    _with_control_file(monkeypatch)
    owned = Devices(["0"])
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, devices=owned)
    with pytest.raises(GpuUnavailable, match="in this image has no CUDA"):
        driver.start()
    driver.close()
    assert owned.take() == "0"


def _with_control_file(monkeypatch: pytest.MonkeyPatch) -> None:
    original = hardening.container

    def container(**options: Any) -> dict[str, Any]:
        made = original(**options)
        if made.pop("device_requests", None) is not None:
            made["devices"] = ["/dev/null:/dev/nvidiactl:rw"]
        return made

    monkeypatch.setattr(hardening, "container", container)


@pytest.fixture
def filtered(image: str, owner: str, sandbox_run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DockerSandbox]:
    """A sandbox without a GPU under the filter of those that have one."""
    original = seccomp.profile
    monkeypatch.setattr(seccomp, "profile", lambda **options: original(**{**options, "gpu": True}))
    driver = DockerDriver(run_dir=sandbox_run_dir, image=image, owner=owner, runtime="runc", blank_limits=SMALL)
    sandbox = driver.start()
    yield sandbox
    sandbox.destroy()
    driver.close()


def test_on_a_gpu_only_its_drivers_requests_pass(filtered: DockerSandbox, models: Models) -> None:
    """Under the profile of sandboxes with a GPU a model runs, NVIDIA's requests reach a driver, and others don't."""
    assert isinstance(filtered.bind(models.version(IOCTLS)), Bound)
    found = {int(name): errno for name, errno in json.loads(ask(filtered, NVIDIA + OTHERS).output).items()}
    assert {hex(request): found.get(request) for request in NVIDIA} == {hex(request): ENOTTY for request in NVIDIA}
    assert {hex(request): found.get(request) for request in OTHERS} == {hex(request): EPERM for request in OTHERS}


def test_what_cuda_listens_on_leads_nowhere(filtered: DockerSandbox, models: Models) -> None:
    """A socket under an abstract name can be bound and listened on, as CUDA does; nothing is ever accepted, no other
    family of sockets is to be had, and a memory file is one more piece of the sandbox's own memory."""
    assert isinstance(filtered.bind(models.version(SOCKETS)), Bound)
    assert json.loads(ask(filtered).output) == ["listens", "PermissionError", "PermissionError", 4096]


def test_on_a_gpu_nothing_is_locked(filtered: DockerSandbox, models: Models) -> None:
    """Locks and leases are refused, in words a program understands; what else fcntl does is not, seals included."""
    assert isinstance(filtered.bind(models.version(FCNTLS)), Bound)
    others = sorted((seccomp._FCNTLS | seccomp._GPU_FCNTLS).keys() - {F_ADD_SEALS})  # not on a file, says the kernel
    found = json.loads(ask(filtered, [6, 7, 10, 37, 38, 1024, *others]).output)
    assert found.pop("seals") == 2
    assert {name for name, errno in found.items() if errno == EPERM} == {*LOCKS, SET_SIGNAL}


def test_without_a_gpu_its_drivers_requests_dont_pass(driver: DockerDriver, models: Models) -> None:
    """The ordinary profile knows nothing of them."""
    sandbox = driver.start()
    sandbox.bind(models.version(IOCTLS))
    found = json.loads(ask(sandbox, NVIDIA).output)
    sandbox.destroy()
    assert set(found.values()) == {ENOTTY if driver.runtime().gvisor else EPERM}


def test_a_version_on_a_gpu_is_not_bound_without_one(driver: DockerDriver, models: Models) -> None:
    """A turn that came the wrong way is the platform's fault, not the tenant's."""
    sandbox = driver.start()
    failure = sandbox.bind(models.version(IOCTLS, limits=replace(SMALL, gpus=1)))
    assert getattr(failure, "kind", None) == "platform"
    assert not sandbox.alive


def test_every_difference_is_said() -> None:
    """What a sandbox with a GPU has that others don't is in the table of differences, with a reason."""
    names = {row.name for row in hardening.ON_GPU}
    assert {"device_requests", "seccomp: ioctl", "seccomp: memory", "seccomp: sockets", "seccomp: fcntl"} <= names
    assert all(row.reason for row in hardening.ON_GPU)
    rows = {row.name: row.value for row in hardening.ON_GPU}
    listed = f"{rows['seccomp: memory']}, {rows['seccomp: sockets']}"
    plain, on_gpu = (_names(seccomp.profile(gpu=gpu)) for gpu in (False, True))
    assert set(listed.split(", ")) == on_gpu - plain


def _names(profile: str) -> set[str]:
    return {name for rule in json.loads(profile)["syscalls"] for name in rule["names"]}
