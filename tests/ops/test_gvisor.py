"""gVisor's runtime gets known to an engine that runs, and the engine's configuration is otherwise left alone."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from ops import dockerd, gvisor
from ops.dockerd import Daemon
from tests.ops.second import daemon, end

__all__ = ["daemon"]  # a fixture


def place(config: Path) -> gvisor.Place:
    """An engine that nobody runs, with this configuration."""
    return gvisor.Place(Daemon(host="unix:///nowhere/docker.sock", pid_file=Path("/nowhere/docker.pid")), config)


def test_a_running_engine_learns_it_without_a_restart(daemon: Daemon) -> None:
    """The process stays the same, and asking a second time changes nothing."""
    config = Path(daemon.log).parent / "daemon.json"
    config.write_text('{"log-level": "warn"}')
    process = dockerd.start(daemon)
    assert process is not None
    try:
        own = gvisor.Place(daemon, config)
        assert gvisor.RUNTIME not in gvisor.known(daemon.host)
        gvisor.ensure(own)
        assert gvisor.RUNTIME in gvisor.known(daemon.host)
        written = config.stat().st_mtime_ns
        gvisor.ensure(own)
        assert config.stat().st_mtime_ns == written
        assert int(daemon.pid_file.read_text()) == process.pid
        assert json.loads(config.read_text())["log-level"] == "warn"
    finally:
        end(process, signal.SIGTERM)


def test_what_else_the_configuration_holds_is_kept(tmp_path: Path) -> None:
    """Other settings, other runtimes and the file's mode survive."""
    config = tmp_path / "daemon.json"
    config.write_text('{"data-root": "/big", "runtimes": {"other": {"path": "/bin/other"}}}')
    config.chmod(0o600)
    assert gvisor.register(place(config), program="/usr/bin/runsc")
    kept = json.loads(config.read_text())
    assert kept["data-root"] == "/big"
    assert kept["runtimes"]["other"] == {"path": "/bin/other"}
    assert kept["runtimes"]["runsc"] == {"path": "/usr/bin/runsc", "runtimeArgs": list(gvisor.ARGUMENTS)}
    assert config.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["daemon.json"]


def test_an_operators_own_entry_is_left_as_it_is(tmp_path: Path) -> None:
    """Somebody who registered runsc with other flags meant them."""
    config = tmp_path / "daemon.json"
    config.write_text('{"runtimes": {"runsc": {"path": "/opt/runsc"}}}')
    assert not gvisor.register(place(config), program="/usr/bin/runsc")
    assert json.loads(config.read_text()) == {"runtimes": {"runsc": {"path": "/opt/runsc"}}}


def test_a_missing_configuration_is_made(tmp_path: Path) -> None:
    """Most engines have none."""
    config = tmp_path / "docker" / "daemon.json"
    assert gvisor.register(place(config), program="/usr/bin/runsc")
    assert list(json.loads(config.read_text())) == ["runtimes"]


@pytest.mark.parametrize("text", ["{", "[]", '{"runtimes": 1}'])
def test_a_broken_configuration_is_one_sentence_and_stays(tmp_path: Path, text: str) -> None:
    """It is the operator's to mend: nothing is written over it."""
    config = tmp_path / "daemon.json"
    config.write_text(text)
    with pytest.raises(gvisor.RuntimeUnregistered, match=str(config)):
        gvisor.register(place(config), program="/usr/bin/runsc")
    assert config.read_text() == text


def test_an_engine_that_cannot_be_told_is_one_sentence(tmp_path: Path) -> None:
    """Without its process, the sentence says what to write where."""
    with pytest.raises(gvisor.RuntimeUnregistered, match="--platform=ptrace"):
        gvisor.ensure(place(tmp_path / "daemon.json"))


def test_an_engine_elsewhere_is_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """DOCKER_HOST names somebody else's engine."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(gvisor.RuntimeUnregistered, match="/nowhere"):
        gvisor.ensure()
