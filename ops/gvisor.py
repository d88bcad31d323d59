"""gVisor for this machine's container engine: installed, and registered without restarting the engine."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ops import apt, docker_host, services
from ops.console import say
from ops.dockerd import Daemon
from ops.errors import OpsError
from ops.proc import Proc

RUNTIME = "runsc"
ARGUMENTS = (
    "--platform=ptrace",  # works everywhere; kvm needs the processor to itself
    "--network=none",  # its own network stack stays empty, as the engine's does
    "--host-uds=open",  # the runner dials the socket in the folder it is given; it may make none
    "--oci-seccomp",  # our list of system calls holds for the model as well, before gVisor's kernel sees it
)
CONFIG = Path("/etc/docker/daemon.json")
_RELOAD_SECONDS = 10.0


class RuntimeUnregistered(OpsError):
    """The engine can't be told of the runtime; the message says what to write where."""

    code = "runtime_unregistered"


@dataclass(frozen=True, slots=True)
class Place:
    """The engine to be told, and the file it reads. The defaults are this machine's."""

    daemon: Daemon = field(default_factory=Daemon)
    config: Path = CONFIG

    @property
    def by_hand(self) -> str:
        """What a person would do."""
        entry = json.dumps({"runtimes": {RUNTIME: {"path": "/usr/bin/runsc", "runtimeArgs": list(ARGUMENTS)}}})
        return f"Put {entry} into {self.config} and reload the engine (`systemctl reload docker`, or SIGHUP)."


def ensure(place: Place | None = None) -> None:
    """Make sure that the engine knows gVisor's runtime. Installs it on Debian; raises OpsError with what to do.

    Never restarts the engine, keeps everything else in its configuration, and leaves an entry of the same
    name as it is.
    """
    host = place.daemon.host if place else docker_host.chosen()
    if RUNTIME in known(host):
        return
    if place is None and not docker_host.is_default(host):
        raise RuntimeUnregistered(f"The engine at {host} is told of no {RUNTIME} by us. {Place().by_hand}")
    place = place or Place()
    program = _program()
    if register(place, program=program):
        say(f"gVisor: {RUNTIME} is registered in {place.config}")
    _reload(place)
    say("gVisor: the engine knows it; CLOCHE_SANDBOX_RUNTIME=runsc makes sandboxes use it")


def known(host: str) -> tuple[str, ...]:
    """Names of the runtimes of the engine on this unix socket; none where it doesn't say, or is elsewhere."""
    connection = docker_host.UnixConnection(Path(urlsplit(host).path), timeout_seconds=10.0)
    try:
        connection.request("GET", "/info")
        return tuple(json.loads(connection.getresponse().read()).get("Runtimes") or ())
    except (OSError, ValueError, http.client.HTTPException):
        return ()
    finally:
        connection.close()


def register(place: Place, *, program: str) -> bool:
    """Add the runtime to the engine's configuration; False when the name is there already."""
    config = _read(place)
    runtimes = config.setdefault("runtimes", {})
    if not isinstance(runtimes, dict):
        raise RuntimeUnregistered(f"`runtimes` in {place.config} is no object. Put it right. {place.by_hand}")
    if RUNTIME in runtimes:
        return False
    runtimes[RUNTIME] = {"path": program, "runtimeArgs": list(ARGUMENTS)}
    _write(place, json.dumps(config, indent=2) + "\n")
    return True


def _program() -> str:
    if shutil.which(RUNTIME) is None:
        apt.install(
            [RUNTIME],
            purpose="gVisor, for sandboxes with a kernel of their own",
            fallback="Or take it from https://gvisor.dev/docs/user_guide/install/.",
        )
    found = shutil.which(RUNTIME)
    if found is None:
        raise RuntimeUnregistered(
            f"{RUNTIME} was installed, and is not on the PATH. Put it there, then run this again."
        )
    return found


def _read(place: Place) -> dict[str, Any]:
    try:
        text = place.config.read_text()
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise RuntimeUnregistered(f"{place.config} can't be read ({exc.strerror}). {place.by_hand}") from exc
    try:
        config = json.loads(text or "{}")
    except ValueError as exc:
        raise RuntimeUnregistered(f"{place.config} is not JSON ({exc}). Put it right, then run this again.") from exc
    if not isinstance(config, dict):
        raise RuntimeUnregistered(f"{place.config} holds no JSON object. Put it right, then run this again.")
    return config


def _write(place: Place, text: str) -> None:
    """All or nothing: the engine reads it at its next start, too."""
    partial = place.config.with_name(f".{place.config.name}.cloche-{os.getpid()}")
    try:
        place.config.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text)
        partial.chmod(place.config.stat().st_mode & 0o777 if place.config.exists() else 0o644)
        partial.replace(place.config)
    except OSError as exc:
        partial.unlink(missing_ok=True)
        raise RuntimeUnregistered(f"{place.config} can't be written ({exc.strerror}). {place.by_hand}") from exc


def _reload(place: Place) -> None:
    """Let the engine read its configuration again, which it does for runtimes, and wait until it has."""
    if not (services.has_systemd() and place == Place() and services.reload("docker")):
        _hang_up(place)
    deadline = time.monotonic() + _RELOAD_SECONDS
    while RUNTIME not in known(place.daemon.host):
        if time.monotonic() > deadline:
            raise RuntimeUnregistered(
                f"The engine was asked to read {place.config} again and still has no runtime {RUNTIME}: "
                "it may read another file, or the file may be wrong; its log says. Then run this again."
            )
        time.sleep(0.1)


def _hang_up(place: Place) -> None:
    try:
        process = Proc.of(int(place.daemon.pid_file.read_text()))
    except (OSError, ValueError):
        process = None
    if process is None or process.name != "dockerd":
        raise RuntimeUnregistered(f"The engine's process is not known, so it can't be told. {place.by_hand}")
    try:
        os.kill(process.pid, signal.SIGHUP)
    except PermissionError as exc:
        raise RuntimeUnregistered(f"Telling the engine takes root. {place.by_hand}") from exc
