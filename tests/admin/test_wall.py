"""What doctor looks at of the engine, the kernel and the door between them and everybody else."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from admin.checks import wall
from admin.checks.wall import check_door, check_user, check_wall


@pytest.fixture
def info() -> dict[str, Any]:
    """What the machine's engine says of itself."""
    client = docker.from_env()
    found: dict[str, Any] = client.info()
    client.close()
    return found


def test_this_machine_passes(info: dict[str, Any]) -> None:
    """The tests run on an engine with everything that the wall needs; each finding says what it found."""
    findings = check_wall(info, docker_host=os.environ.get("DOCKER_HOST", ""))
    assert {finding.name for finding in findings if finding.state == "fail"} == set()
    assert all(finding.found for finding in findings)


@pytest.mark.parametrize(
    ("key", "value", "check", "state"),
    [
        ("MemoryLimit", False, "ceilings", "fail"),
        ("PidsLimit", False, "ceilings", "fail"),
        ("CpuCfsQuota", False, "ceilings", "fail"),
        ("SwapLimit", False, "ceilings", "warn"),
        ("SecurityOptions", [], "filters", "fail"),
        ("SecurityOptions", ["name=apparmor", "name=userns"], "filters", "fail"),
        ("SecurityOptions", ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"], "filters", "ok"),
        ("KernelVersion", "4.19.0-27-amd64", "kernel", "warn"),
        ("KernelVersion", "5.10.0-30-amd64", "kernel", "ok"),
        ("KernelVersion", "", "kernel", "warn"),
    ],
)
def test_what_is_missing_is_named(info: dict[str, Any], key: str, value: object, check: str, state: str) -> None:
    """Each piece of the wall that an engine or a kernel may lack is one finding, with what to do."""
    finding = next(each for each in check_wall(info | {key: value}, docker_host="") if each.name == check)
    assert finding.state == state
    assert bool(finding.advice) is (state != "ok")


@pytest.fixture
def engine_socket(tmp_path: Path) -> Iterator[Path]:
    """Some socket."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        yield tmp_path / "s"


def test_a_door_open_to_all_fails(engine_socket: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write to the engine's socket is root: everybody must not, and no port without TLS may be there."""
    engine_socket.chmod(0o660)
    assert check_door(f"unix://{engine_socket}").state == "ok"
    engine_socket.chmod(0o666)
    assert check_door(f"unix://{engine_socket}").state == "fail"
    assert check_door(f"unix://{engine_socket}.none").state == "warn"
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    assert check_door("tcp://127.0.0.1:2375").state == "fail"
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    assert check_door("tcp://127.0.0.1:2376").state == "ok"
    assert check_door("ssh://somewhere").state == "ok"


def test_a_sandboxs_number_that_is_somebodys_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What that user owns, a model that got out would own."""
    assert check_user().state == "ok"
    monkeypatch.setattr(wall, "UID", os.getuid())
    assert check_user().state == "warn"
