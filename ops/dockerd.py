"""A container engine for this machine: found, or installed and started."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops import apt, docker_host, services
from ops.console import say
from ops.errors import EngineUnavailable
from ops.proc import Proc

START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Daemon:
    """Where one dockerd keeps its state. The defaults are dockerd's own."""

    host: str = docker_host.DEFAULT
    pid_file: Path = Path("/var/run/docker.pid")
    exec_root: Path = Path("/var/run/docker")
    log: Path = Path("/var/log/cloche-dockerd.log")
    options: Sequence[str] = field(default=())

    def flags(self) -> list[str]:
        """What dockerd must be told. Nothing that is its default: a flag clashes with the same line in daemon.json."""
        usual = Daemon()
        own = [
            ("host", self.host, usual.host),
            ("pidfile", self.pid_file, usual.pid_file),
            ("exec-root", self.exec_root, usual.exec_root),
        ]
        return [*(f"--{name}={value}" for name, value, default in own if value != default), *self.options]

    @property
    def containerd_pid_file(self) -> Path:
        """The pid file of the containerd that dockerd starts for itself."""
        return self.exec_root / "containerd" / "containerd.pid"


def ensure() -> str:
    """Make sure an engine answers; where. Installs and starts one on Debian and Ubuntu, as root.

    Never touches an engine that runs, and never one that ``DOCKER_HOST`` names elsewhere.
    """
    host = docker_host.chosen()
    reason = docker_host.trouble(host)
    if reason is None:
        return host
    refuse_if_not_ours(host, reason=reason)
    if shutil.which("dockerd") is None:
        apt.install(["docker.io", "iptables"], purpose="the container engine that sandboxes run in")
    if docker_host.trouble(host) is None:  # the package's own service may have started it
        return host
    if services.has_systemd():
        say("starting the container engine with systemd")
        services.start("docker")
        wait_until_up(Daemon())
    else:
        start(Daemon())
    return host


def refuse_if_not_ours(host: str, *, reason: str) -> None:
    """Raise EngineUnavailable, saying what to do, where no engine may be started by us."""
    missing = f"The container engine at {host} does not answer ({reason})."
    if not docker_host.is_default(host):
        raise EngineUnavailable(f"{missing} Start it, or unset DOCKER_HOST to use this machine's own.")
    if apt.why_not() is not None and shutil.which("dockerd") is None:
        raise EngineUnavailable(
            f"{missing} Install Docker Engine (https://docs.docker.com/engine/install/) and start it, or set "
            f"DOCKER_HOST; it can't be installed for you because {apt.why_not()}"
        )
    if apt.why_not() == "you are not root.":
        raise EngineUnavailable(f"{missing} Start it (sudo systemctl start docker), and join the group `docker`.")


def start(daemon: Daemon) -> Proc | None:
    """Start dockerd in a session of its own, clearing what a killed one left; None when one was starting already."""
    if clear_stale(daemon):
        say("the container engine is starting; waiting for it")
        wait_until_up(daemon)
        return None
    say(f"starting the container engine (dockerd); its log is {daemon.log}")
    daemon.log.parent.mkdir(parents=True, exist_ok=True)
    with daemon.log.open("ab") as log:
        child = subprocess.Popen(
            ["dockerd", *daemon.flags()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    wait_until_up(daemon, child=child)
    return Proc.of(child.pid)


def clear_stale(daemon: Daemon) -> bool:
    """Remove the pid files that killed daemons left; True when this dockerd is really alive.

    Both programs trust a pid file as soon as *any* process has its number, and after a hard
    kill or a reboot the number may be anybody's: dockerd then refuses to start, or waits for
    a containerd that isn't there. Sockets need no care: both replace a stale one.
    """
    alive = _is_running(daemon.pid_file, name="dockerd")
    if alive:
        return True
    daemon.pid_file.unlink(missing_ok=True)
    if not _is_running(daemon.containerd_pid_file, name="containerd"):
        daemon.containerd_pid_file.unlink(missing_ok=True)
    return False


def _is_running(pid_file: Path, *, name: str) -> bool:
    try:
        process = Proc.of(int(pid_file.read_text()))
    except (OSError, ValueError):
        return False
    return process is not None and process.name == name


def wait_until_up(daemon: Daemon, *, child: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until the engine answers. Raises EngineUnavailable when it ended or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while (reason := docker_host.trouble(daemon.host)) is not None:
        ended = child is not None and child.poll() is not None
        if ended or time.monotonic() > deadline:
            raise EngineUnavailable(_failure(daemon, reason=reason, ended=ended))
        time.sleep(0.2)


def _failure(daemon: Daemon, *, reason: str, ended: bool) -> str:
    what = "ended at once" if ended else f"did not answer within {START_SECONDS:.0f} seconds ({reason})"
    words = _last_line(daemon.log)
    return f"The container engine {what}. Its last words: {words} Read {daemon.log}, then run this again."


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "(it has no log here)"
    return lines[-1] if lines else "(nothing)"
