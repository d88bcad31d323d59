"""A container engine apart from the machine's: its own network, data, sockets, pid files, containerd namespaces."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import proc
from ops.dockerd import Daemon


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A dockerd apart from the machine's: its own network, data, sockets, pid files, containerd namespaces."""
    folder = Path(tempfile.mkdtemp(prefix="cl-", dir="/var/tmp"))
    put_in_a_network_of_its_own(folder / "bin", monkeypatch)
    (folder / "daemon.json").write_text("{}")
    names = [
        f"--config-file={folder}/daemon.json",
        f"--containerd-namespace={folder.name}",
        f"--containerd-plugins-namespace={folder.name}-plugins",
    ]
    yield Daemon(
        host=f"unix://{folder}/docker.sock",
        pid_file=folder / "docker.pid",
        exec_root=folder / "exec",
        log=folder / "dockerd.log",
        options=[f"--data-root={folder}/data", "--bridge=none", "--iptables=false", "--ip6tables=false", *names],
    )
    # dockerd mounts its data folder over itself, and killed ones leave that mount.
    while f" {folder}/data " in Path("/proc/self/mountinfo").read_text():
        subprocess.run(["umount", folder / "data"], check=True)
    shutil.rmtree(folder)


def put_in_a_network_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any dockerd removes or sets up the bridge `docker0` of the network it starts in: never the machine's."""
    real = shutil.which("dockerd")
    assert real, "dockerd is not installed; run `make setup`"
    folder.mkdir()
    (folder / "dockerd").write_text(f'#!/bin/sh\nexec unshare --net "{real}" "$@"\n')
    (folder / "dockerd").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def end(process: proc.Proc, number: signal.Signals) -> None:
    """Signal exactly this process, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):  # a containerd may end by itself with its dockerd
        os.kill(process.pid, number)
    while (now := proc.Proc.of(process.pid)) is not None and now.started_ticks == process.started_ticks:
        time.sleep(0.05)
