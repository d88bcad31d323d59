"""What only the tests need: PostgreSQL, a compose tool, gVisor."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ops import apt, gvisor, services
from ops.console import say
from ops.errors import OpsError

# The first that can be installed is: Debian's version 1, Ubuntu's and Docker's version 2.
COMPOSE_PACKAGES = ("docker-compose", "docker-compose-v2", "docker-compose-plugin")


def ensure() -> None:
    """Install what is missing of it."""
    ensure_postgresql()
    ensure_compose()
    ensure_runsc()


def ensure_postgresql() -> None:
    """The catalogue's other database; the tests start an instance of their own."""
    if shutil.which("postgres") or any(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        return
    apt.install(["postgresql"], purpose="the tests run the catalogue on it, too")
    services.quiet("postgresql")


def ensure_compose() -> None:
    """Any compose tool: ``docker-compose`` (v1, v2) or the ``docker compose`` plugin."""
    if compose_command() is not None:
        return
    package = next((name for name in COMPOSE_PACKAGES if apt.available(name)), COMPOSE_PACKAGES[0])
    apt.install([package], purpose="a test builds and starts compose.yaml with it")


def compose_command() -> list[str] | None:
    """How compose is called on this machine; None when it isn't installed."""
    if shutil.which("docker") and _succeeds(["docker", "compose", "version"]):
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


def ensure_runsc() -> None:
    """gVisor's runtime, where it can be had. Elsewhere its tests fail and say what is missing."""
    try:
        gvisor.ensure()
    except OpsError as exc:
        say(f"going on without gVisor: {exc}")


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
