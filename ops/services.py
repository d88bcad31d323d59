"""The machine's own services: those a package starts, which Cloche does not use."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ops.console import say


def has_systemd() -> bool:
    """True where systemd runs the machine (its documented test)."""
    return Path("/run/systemd/system").is_dir()


def quiet(service: str) -> None:
    """Stop and disable a service its package has just brought: Cloche starts an instance of its own."""
    say(f"leaving the machine's own {service} service off: Cloche starts one of its own")
    if has_systemd():
        _run(["systemctl", "disable", "--now", service])
    elif shutil.which("service") is not None:
        _run(["service", service, "stop"])


def start(service: str) -> bool:
    """Start a service with systemd; True when systemd says it did."""
    return _run(["systemctl", "start", service])


def reload(service: str) -> bool:
    """Let a service read its configuration again; True when systemd says it did."""
    return _run(["systemctl", "reload", service])


def _run(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
