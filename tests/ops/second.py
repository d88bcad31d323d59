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
def daemon() -> Iterator[Daemon]:
    """One for a test."""
    with separate() as found:
        yield found


@contextlib.contextmanager
def separate() -> Iterator[Daemon]:
    """A dockerd apart from the machine's, not started yet; nothing of it is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cl-", dir="/var/tmp"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("PATH", f"{in_a_network_of_its_own(folder / 'bin')}:{os.environ['PATH']}")
        try:
            yield apart(folder)
        finally:
            remove(folder)


def apart(folder: Path) -> Daemon:
    """One that keeps everything in the folder."""
    (folder / "daemon.json").write_text("{}")
    namespace = folder.name.encode().hex()  # a folder's name may hold what a namespace's may not
    names = [
        f"--config-file={folder}/daemon.json",
        f"--containerd-namespace={namespace}",
        f"--containerd-plugins-namespace={namespace}-plugins",
    ]
    return Daemon(
        host=f"unix://{folder}/docker.sock",
        pid_file=folder / "docker.pid",
        exec_root=folder / "exec",
        log=folder / "dockerd.log",
        options=[f"--data-root={folder}/data", "--bridge=none", "--iptables=false", "--ip6tables=false", *names],
    )


def remove(folder: Path) -> None:
    """Everything of it, once it has ended."""
    for shim in shims(folder):
        end(shim, signal.SIGKILL)
    # dockerd mounts its data folder over itself, and killed ones leave that mount.
    while f" {folder}/data " in Path("/proc/self/mountinfo").read_text():
        subprocess.run(["umount", folder / "data"], check=True)
    shutil.rmtree(folder)


def shims(folder: Path) -> list[proc.Proc]:
    """The processes in which its containerd watches containers; an engine that restarts may forget some of them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"shim" in words[0] and folder.name.encode().hex().encode() in words:
                found.append(proc.Proc.of(int(entry.name)))
    return [each for each in found if each is not None]


def in_a_network_of_its_own(folder: Path) -> Path:
    """A folder for PATH. Any dockerd sets up or removes the bridge `docker0` of its network: never the machine's."""
    real = shutil.which("dockerd")
    assert real, "dockerd is not installed; run `make setup`"
    folder.mkdir()
    (folder / "dockerd").write_text(f'#!/bin/sh\nexec unshare --net "{real}" "$@"\n')
    (folder / "dockerd").chmod(0o755)
    return folder


def end(process: proc.Proc, number: signal.Signals) -> None:
    """Signal exactly this process, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):  # a containerd may end by itself with its dockerd
        os.kill(process.pid, number)
    while (now := proc.Proc.of(process.pid)) is not None and now.started_ticks == process.started_ticks:
        time.sleep(0.05)
