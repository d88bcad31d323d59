"""System packages, on Debian and Ubuntu, as root. Elsewhere: one sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ops.console import call, say
from ops.errors import PackageUnavailable

LISTS_DIR = Path("/var/lib/apt/lists")
ADVICE = "Read its messages above, put right what they name, then run this again."


def is_debian_family(*, os_release: Path = Path("/etc/os-release")) -> bool:
    """True on Debian, Ubuntu and what calls itself like them."""
    try:
        lines = os_release.read_text().splitlines()
    except OSError:
        return False
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    names = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    return bool({"debian", "ubuntu"} & set(names))


def why_not() -> str | None:
    """Why packages can't be installed here, as a sentence; None where they can."""
    if not is_debian_family() or shutil.which("apt-get") is None:
        return "this is neither Debian nor Ubuntu."
    if os.geteuid() != 0:
        return "you are not root."
    return None


def available(package: str) -> bool:
    """True when apt knows a version of the package to install."""
    answer = subprocess.run(["apt-cache", "policy", package], check=False, capture_output=True, text=True)
    candidates = [line.split(":", 1)[1].strip() for line in answer.stdout.splitlines() if "Candidate:" in line]
    return any(candidate != "(none)" for candidate in candidates)


def install(packages: Sequence[str], *, purpose: str, fallback: str = "") -> None:
    """Install packages without their recommendations, saying what for.

    The lists of packages are fetched only when a package isn't known, or its known version is gone from the mirror.
    """
    names = " ".join(packages)
    reason = why_not()
    if reason is not None:
        raise PackageUnavailable(names, reason=f"{reason} {fallback}".strip())
    say(f"installing {names} with apt-get: {purpose}")
    if all(available(package) for package in packages) and _try_install(packages):
        return
    say("fetching the lists of packages (apt-get update)")
    call(["apt-get", "-qq", "update"], advice="Check this machine's network and /etc/apt/sources.list.")
    call(_command(packages), advice=ADVICE, env=_environment())


def _try_install(packages: Sequence[str]) -> bool:
    return subprocess.run(_command(packages), check=False, env=_environment(), capture_output=True).returncode == 0


def _command(packages: Sequence[str]) -> list[str]:
    # Another apt may hold dpkg's lock (a machine's first boot): wait for it rather than fail.
    options = ["-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    return ["apt-get", "install", *options, *packages]


def _environment() -> dict[str, str]:
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
