"""The engine is found, or started from whatever state the machine is in. The second daemon here is the tests' own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ops import docker_host, dockerd, proc
from ops.dockerd import Daemon
from ops.errors import EngineUnavailable
from tests.ops.second import daemon, end

__all__ = ["daemon"]  # a fixture


@pytest.fixture
def stranger() -> Iterator[int]:
    """The number of a living process that is no daemon of ours."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process.pid
    process.kill()
    process.wait()


def own_containerd(daemon: Daemon) -> proc.Proc | None:
    """The containerd this daemon started; None where it uses the machine's."""
    return proc.Proc.of(int(daemon.containerd_pid_file.read_text())) if daemon.containerd_pid_file.exists() else None


def test_pid_files_of_others_are_cleared(daemon: Daemon, stranger: int) -> None:
    """A number that belongs to any other program now is forgotten: dockerd would refuse to start over it."""
    daemon.pid_file.write_text(str(stranger))
    daemon.containerd_pid_file.parent.mkdir(parents=True)
    daemon.containerd_pid_file.write_text(str(stranger))
    assert dockerd.clear_stale(daemon) is False
    assert not daemon.pid_file.exists()
    assert not daemon.containerd_pid_file.exists()


def test_unreadable_pid_files_are_cleared(daemon: Daemon) -> None:
    """An empty pid file (a machine that lost power) is no daemon."""
    daemon.pid_file.write_text("")
    assert dockerd.clear_stale(daemon) is False
    assert not daemon.pid_file.exists()


def test_a_daemon_starts_over_what_a_killed_one_left(daemon: Daemon, stranger: int) -> None:
    """Killed with SIGKILL, its numbers taken by strangers, its sockets left over: it starts again and answers."""
    first = dockerd.start(daemon)
    assert first is not None
    containerd = own_containerd(daemon)
    assert dockerd.start(daemon) is None  # it runs: waited for, not started twice
    end(first, signal.SIGKILL)
    if containerd is not None:
        end(containerd, signal.SIGKILL)
        daemon.containerd_pid_file.write_text(str(stranger))
    daemon.pid_file.write_text(str(stranger))
    assert docker_host.trouble(daemon.host) is not None
    second = dockerd.start(daemon)
    assert second is not None
    try:
        assert docker_host.trouble(daemon.host) is None
        assert int(daemon.pid_file.read_text()) == second.pid
    finally:
        end(second, signal.SIGTERM)


def test_the_machines_daemon_is_told_nothing_that_its_configuration_may_say() -> None:
    """dockerd refuses to start when a flag and its daemon.json name the same thing, even the same value."""
    assert Daemon().flags() == []


def test_a_daemon_that_ends_at_once_is_quoted(daemon: Daemon) -> None:
    """The sentence carries the daemon's own last words and the place of its log."""
    broken = Daemon(
        host=daemon.host,
        pid_file=daemon.pid_file,
        exec_root=daemon.exec_root,
        log=daemon.log,
        options=["--no-such-option"],
    )
    with pytest.raises(EngineUnavailable) as caught:
        dockerd.start(broken)
    assert "--no-such-option" in daemon.log.read_text()
    assert str(daemon.log) in str(caught.value)
    assert "ended at once" in str(caught.value)


def test_an_engine_named_elsewhere_is_never_started_here() -> None:
    """With DOCKER_HOST set, the sentence names it and says what to do; nothing is installed or started."""
    with pytest.raises(EngineUnavailable, match="DOCKER_HOST"):
        dockerd.refuse_if_not_ours("unix:///nowhere/docker.sock", reason="nothing listens there")


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("unix:///nowhere/docker.sock", "nothing listens there"),
        ("tcp://127.0.0.1:1", "refused"),
        ("ssh://127.0.0.1:1", ""),
    ],
)
def test_trouble_says_why_in_a_few_words(host: str, reason: str) -> None:
    """No engine is ever a reason in words, whatever the way to it."""
    trouble = docker_host.trouble(host)
    assert trouble is not None
    assert reason in trouble


def test_the_machines_engine_answers() -> None:
    """The engine that set-up found or started answers a ping."""
    assert docker_host.trouble(docker_host.chosen()) is None
