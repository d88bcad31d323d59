"""Each row of the hardening table, on the inspected container and from inside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from policies.limits import MIB, Limits
from sandbox import hardening
from sandbox.docker_driver import DockerDriver
from sandbox.docker_sandbox import DockerSandbox
from tests.attacks.declared import attacks
from tests.sandbox.real import SMALL, Models, ask

PROBE = (Path(__file__).parents[1] / "attacks" / "probes" / "confinement.py").read_text()


@pytest.fixture(scope="module")
def sandbox(driver: DockerDriver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerSandbox]:
    """A sandbox bound to the probe."""
    sandbox = driver.start()
    sandbox.bind(Models(tmp_path_factory.mktemp("probe")).version(PROBE))
    yield sandbox
    sandbox.destroy()


@pytest.fixture(scope="module")
def gvisor(driver: DockerDriver) -> bool:
    """Whether the tests run under gVisor."""
    return driver.runtime().gvisor


@pytest.fixture(scope="module")
def inspected(sandbox: DockerSandbox) -> Iterator[dict[str, Any]]:
    """What the engine says about it."""
    client = docker.from_env()
    yield client.api.inspect_container(sandbox.container_id)
    client.close()


@pytest.fixture(scope="module")
def inside(sandbox: DockerSandbox) -> dict[str, Any]:
    """What the probe says from inside."""
    outcome = ask(sandbox)
    assert outcome.kind == "succeeded", outcome
    found: dict[str, Any] = json.loads(outcome.output)
    return found


# row of the table -> what the engine must say
CONFIGURED: dict[str, Any] = {
    "network_mode": lambda c: (
        c["HostConfig"]["NetworkMode"] == "none" and list(c["NetworkSettings"]["Networks"]) == ["none"]
    ),
    "user": lambda c: c["Config"]["User"] == "65532:65532",
    "cap_drop": lambda c: c["HostConfig"]["CapDrop"] == ["ALL"] and not c["HostConfig"]["CapAdd"],
    "no_new_privileges": lambda c: "no-new-privileges:true" in c["HostConfig"]["SecurityOpt"],
    "seccomp": lambda c: any(
        json.loads(option.removeprefix("seccomp="))["defaultAction"] == "SCMP_ACT_ERRNO"
        for option in c["HostConfig"]["SecurityOpt"]
        if option.startswith("seccomp=")
    ),
    "read_only": lambda c: c["HostConfig"]["ReadonlyRootfs"] is True,
    "tmpfs": lambda c: {"noexec", "nosuid", "nodev"} <= set(c["HostConfig"]["Tmpfs"]["/tmp"].split(",")),
    "shm_size": lambda c: c["HostConfig"]["ShmSize"] == 16 * MIB,
    "ipc_mode": lambda c: c["HostConfig"]["IpcMode"] == "private",
    "memory": lambda c: c["HostConfig"]["Memory"] == SMALL.memory_bytes,
    "memory_swap": lambda c: c["HostConfig"]["MemorySwap"] == SMALL.memory_bytes,
    "cpu_quota": lambda c: c["HostConfig"]["CpuQuota"] / c["HostConfig"]["CpuPeriod"] == SMALL.cpus,
    "cpu_shares": lambda c: c["HostConfig"]["CpuShares"] == 256,
    "pids_limit": lambda c: c["HostConfig"]["PidsLimit"] == 64,
    "nofile": lambda c: _ulimit(c, "nofile") == 1024,
    "fsize": lambda c: _ulimit(c, "fsize") == 64 * MIB,
    "core": lambda c: _ulimit(c, "core") == 0,
    "msgqueue": lambda c: _ulimit(c, "msgqueue") == 0,
    "log": lambda c: c["HostConfig"]["LogConfig"]["Config"] == {"max-size": str(256 * 1024), "max-file": "1"},
    "init": lambda c: c["HostConfig"]["Init"] is True,
    "restart": lambda c: c["HostConfig"]["RestartPolicy"]["Name"] == "no",
}

# row of the table -> what the probe must see
SEEN: dict[str, Any] = {
    "network_mode": lambda p: p["interfaces"] == ["lo"],
    "user": lambda p: p["ids"] == [65532] * 6 and p["groups"] in ([], [65532]),
    "cap_drop": lambda p: p["capabilities"] == 0,
    "no_new_privileges": lambda p: p["no_new_privileges"] == 1,
    "seccomp": lambda p: p["seccomp"] == 2,
    "read_only": lambda p: "ro" in p["mounts"]["/"][1],
    "tmpfs": lambda p: {"noexec", "nosuid", "nodev"} <= set(p["mounts"]["/tmp"][1]) and p["tmp_bytes"] == 64 * MIB,
    "shm_size": lambda p: p["shm_bytes"] == 16 * MIB,
    "ipc_mode": lambda p: p["mounts"]["/dev/shm"][0] == "tmpfs",
    "memory": lambda p: p["memory_bytes"] == SMALL.memory_bytes,
    "memory_swap": lambda p: p["swap_bytes"] in (SMALL.memory_bytes, 0, None),
    "cpu_quota": lambda p: p["cpus"] == SMALL.cpus,
    "cpu_shares": lambda p: p["cpu_weight"] in (256, 10),  # as cgroups 1 and 2 say it; 1024 and 100 are the usual
    "pids_limit": lambda p: p["processes"] == 64,
    "nofile": lambda p: p["limits"]["nofile"] == [1024, 1024],
    "fsize": lambda p: p["limits"]["fsize"] == [64 * MIB, 64 * MIB],
    "core": lambda p: p["limits"]["core"] == [0, 0],
    "msgqueue": lambda p: p["limits"]["msgqueue"] == [0, 0],
    "log": lambda p: p["stdout"].startswith("pipe:"),
    "init": lambda p: "init" in p["init"],
    "restart": lambda p: True,  # nothing of it can be seen from inside
}


# What gVisor shows of the same. Its cgroups are the host's business: four of them can't be seen from inside.
SEEN_IN_GVISOR: dict[str, Any] = {
    "tmpfs": lambda p: "noexec" in p["mounts"]["/tmp"][1] and p["tmp_bytes"] == 64 * MIB,
    "memory": lambda p: p["memory_total_bytes"] == SMALL.memory_bytes,
    "cpu_quota": lambda p: p["cpus"] is None,
    "cpu_shares": lambda p: p["cpu_weight"] is None,
    "pids_limit": lambda p: p["processes"] is None,
    "log": lambda p: p["stdout"].startswith("host:"),  # its word for a descriptor that was passed in
}
CONFIGURED_FOR_GVISOR: dict[str, Any] = {"pids_limit": lambda c: c["HostConfig"]["PidsLimit"] == hardening.GVISOR_PIDS}


def test_every_row_is_asserted_twice_and_has_its_attack() -> None:
    """A row without a look from outside, one from inside and an attack file is a mere hope."""
    names = {row.name for row in hardening.TABLE}
    assert names == set(CONFIGURED) == set(SEEN)
    assert {row.attack for row in hardening.TABLE} <= {attack.name for attack in attacks()}


@pytest.mark.parametrize("name", CONFIGURED)
def test_the_engine_was_told(name: str, inspected: dict[str, Any], gvisor: bool) -> None:
    """The container is configured as the table says."""
    expected = CONFIGURED | CONFIGURED_FOR_GVISOR if gvisor else CONFIGURED
    assert expected[name](inspected), inspected["HostConfig"]


@pytest.mark.parametrize("name", SEEN)
def test_the_inside_agrees(name: str, inside: dict[str, Any], gvisor: bool) -> None:
    """What the table promises is what a model finds."""
    expected = SEEN | SEEN_IN_GVISOR if gvisor else SEEN
    assert expected[name](inside), inside


def test_the_socket_folder_is_the_only_mount_and_read_only(inspected: dict[str, Any]) -> None:
    """Nothing of the host is mounted but the socket's folder, and nothing can be written there."""
    assert [(mount["Destination"], mount["RW"]) for mount in inspected["Mounts"]] == [("/run/cloche", False)]


def test_nothing_privileged(inspected: dict[str, Any]) -> None:
    """No privileged mode, no devices, no host namespaces, nothing of the host's environment."""
    config = inspected["HostConfig"]
    assert not config["Privileged"]
    assert not config["Devices"]
    assert not config["PidMode"]
    assert not config["UsernsMode"]
    assert {entry.split("=")[0] for entry in inspected["Config"]["Env"]}.isdisjoint({"CLOCHE_DATA", "DOCKER_HOST"})


def test_hardening_is_not_an_option() -> None:
    """An operator's extra can't replace a row of the table."""
    with pytest.raises(ValueError, match="cap_drop"):
        hardening.container(image="x", socket_folder=Path("/x"), limits=Limits(), labels={}, cap_drop=[])


def _ulimit(inspected: dict[str, Any], name: str) -> int:
    (found,) = [entry for entry in inspected["HostConfig"]["Ulimits"] if entry["Name"] == name]
    assert found["Soft"] == found["Hard"]
    return int(found["Hard"])
