"""Where a container's processor time is read: in whichever kind of control groups, or at the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.cpu_meter import CpuMeter
from sandbox.docker_driver import DockerDriver
from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable
from tests.sandbox.pools import eventually

ID = "0123456789abcdef" * 4
V1 = (
    "31 23 0:28 / {cgroup} rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / {cgroup}/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
)
V2 = "31 23 0:28 / {cgroup} rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"


class ToldEngine(Engine):
    """Knows one container's first process, and its time, where it is told."""

    def __init__(self, *, pid: int | None = 4711, seconds: float = 0.0) -> None:
        super().__init__()
        self.pid = pid
        self.seconds = seconds
        self.away = False
        self.asked = 0

    def state(self, container_id: str) -> dict[str, Any] | None:
        """Its process."""
        if self.away:
            raise EngineUnreachable("refused")
        return None if self.pid is None else {"Pid": self.pid}

    def cpu_seconds(self, container_id: str) -> float:
        """Its time."""
        self.asked += 1
        if self.away:
            raise EngineUnreachable("refused")
        return self.seconds


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder that holds ``proc`` and ``cgroup``."""
    (tmp_path / "proc" / "4711").mkdir(parents=True)
    (tmp_path / "proc" / "self").mkdir()
    return tmp_path


def meter(machine: Path, engine: Engine, *, groups: str, mounts: str) -> CpuMeter:
    """One on a machine with these groups and mounts."""
    (machine / "proc" / "4711" / "cgroup").write_text(groups.format(id=ID))
    (machine / "proc" / "self" / "mountinfo").write_text(mounts.format(cgroup=machine / "cgroup"))
    return CpuMeter(engine, ID, proc=machine / "proc")


def counted(machine: Path, group: str, name: str, text: str) -> None:
    """Write what the kernel counts for a group."""
    folder = machine / "cgroup" / group.format(id=ID)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("groups", "folder"),
    [
        ("5:memory:/docker/{id}\n2:cpu,cpuacct:/docker/{id}\n0::/\n", "docker/{id}"),
        ("2:cpu,cpuacct:/system.slice/docker-{id}.scope\n", "system.slice/docker-{id}.scope"),
        ("2:cpu,cpuacct:/docker/{id}/init\n0::/docker/{id}/init\n", "docker/{id}"),
    ],
)  # fmt: skip
def test_the_first_version_of_control_groups(machine: Path, groups: str, folder: str) -> None:
    """Nanoseconds of the container's whole group, whoever named it."""
    found = meter(machine, ToldEngine(), groups=groups, mounts=V1)
    counted(machine, f"cpu,cpuacct/{folder}", "cpuacct.usage", "2500000000\n")
    assert found.read() == 2.5
    counted(machine, f"cpu,cpuacct/{folder}", "cpuacct.usage", "3500000000\n")
    assert found.read() == 3.5


@pytest.mark.parametrize(
    ("groups", "folder"),
    [
        ("0::/docker/{id}\n", "docker/{id}"),
        ("0::/system.slice/docker-{id}.scope\n", "system.slice/docker-{id}.scope"),
        ("0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{id}.scope/container\n",
         "user.slice/user-1000.slice/user@1000.service/user.slice/docker-{id}.scope"),
    ],
)  # fmt: skip
def test_the_second_version_of_control_groups(machine: Path, groups: str, folder: str) -> None:
    """Microseconds, among other numbers."""
    found = meter(machine, ToldEngine(), groups=groups, mounts=V2)
    counted(machine, folder, "cpu.stat", "usage_usec 1250000\nuser_usec 1000000\nsystem_usec 250000\n")
    assert found.read() == 1.25


@pytest.mark.parametrize(
    "groups",
    [
        "0::/docker/fedcba9876543210\n",  # another process under that number: this one sees other numbers
        "0::/../" + "{id}\n",  # out of this process's own part of the tree
        "2:cpu,cpuacct:/docker/{id}\n",  # its hierarchy isn't mounted here
        "",
    ],
)  # fmt: skip
def test_a_group_that_is_not_surely_its_own_is_not_believed(machine: Path, groups: str) -> None:
    """Then the engine is asked, and not again at once."""
    engine = ToldEngine(seconds=7.5)
    found = meter(machine, engine, groups=groups, mounts=V2)
    counted(machine, "", "cpu.stat", "usage_usec 1\n")
    counted(machine, "docker/fedcba9876543210", "cpu.stat", "usage_usec 1\n")
    counted(machine, "{id}", "cpu.stat", "usage_usec 1\n")
    assert found.read() == 7.5
    assert found.read() is None
    assert engine.asked == 1


def test_nobody_knows(machine: Path) -> None:
    """No group, and an engine that counts nothing, or knows of no such container."""
    assert meter(machine, ToldEngine(), groups="", mounts=V2).read() is None
    assert meter(machine, ToldEngine(pid=None), groups="", mounts=V2).read() is None


def test_an_engine_that_is_away_is_asked_again(machine: Path) -> None:
    """Not known now; when it is back, the file is found after all."""
    engine = ToldEngine()
    engine.away = True
    found = meter(machine, engine, groups="0::/docker/{id}\n", mounts=V2)
    counted(machine, "docker/{id}", "cpu.stat", "usage_usec 1250000\n")
    assert found.read() is None
    engine.away = False
    assert found.read() == 1.25
    engine.away = True
    assert found.read() == 1.25  # a file needs no engine


@pytest.mark.parametrize("text", ["", "nonsense\n", "usage_usec many\n", "user_usec 1\n"])
def test_a_file_that_is_none_of_the_kind_tells_nothing(machine: Path, text: str) -> None:
    """Nothing is raised, whatever is in it."""
    found = meter(machine, ToldEngine(), groups="0::/docker/{id}\n", mounts=V2)
    counted(machine, "docker/{id}", "cpu.stat", text)
    assert found.read() is None


def test_on_docker_the_file_and_the_engine_agree(driver: DockerDriver, tmp_path: Path) -> None:
    """Both count the same container; without the file the engine's count takes its place. None after its end."""
    sandbox = driver.start()
    engine = driver._engine
    by_file = CpuMeter(engine, sandbox.container_id)
    by_engine = CpuMeter(engine, sandbox.container_id, proc=tmp_path)
    first, second, third = by_file.read(), by_engine.read(), by_file.read()
    assert by_file._file is not None
    assert by_engine._file is None
    assert first is not None
    assert second is not None
    assert third is not None
    assert 0 < first <= second <= third
    sandbox.destroy()
    eventually(lambda: by_file.read() is None)
    assert CpuMeter(engine, sandbox.container_id).read() is None
