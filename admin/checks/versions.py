"""Versions with known ways out of a container, of everything between a sandbox and the host."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from admin.checks.changelog import mended
from admin.checks.escapes import Component, Escape, Version, parse
from admin.checks.finding import Finding, fail, ok, warn

GVISOR_OLD_DAYS = 365
_NAMES: dict[str, Component] = {"Engine": "engine", "containerd": "containerd", "runc": "runc"}  # the engine's words
_PACKAGES: dict[Component, str] = {"engine": "docker.io", "containerd": "containerd", "runc": "runc"}
_PROGRAM_SECONDS = 10.0
Ask = Callable[[str], str]


def check_versions(
    info: dict[str, Any], version: dict[str, Any], *, strict: bool, mended: Callable[..., str] = mended
) -> tuple[Finding, ...]:
    """One finding for each of engine, containerd and runc, by what the engine says of them.

    ``strict`` makes a failure of what is only a doubt: a build that may hold a fix its number doesn't show.
    """
    plugins = bool((info.get("Plugins") or {}).get("Authorization"))
    found = {str(part.get("Name")): part for part in version.get("Components") or ()}
    findings = []
    for name, component in _NAMES.items():
        part = found.get(name) or {}
        text = str(part.get("Version", ""))
        build = str((part.get("Details") or {}).get("GitCommit") or "")
        full = build if build.startswith(text) else text
        log = mended(_PACKAGES[component], version=full) if full else ""
        findings.append(judge(component, full, log=log, authorization=plugins, strict=strict))
    return tuple(findings)


def judge(component: Component, text: str, *, log: str, authorization: bool, strict: bool) -> Finding:
    """What is known of one version. ``log`` is the distribution's changelog of this very build."""
    name = f"{component} version"
    doubt = fail if strict else warn
    version = parse(text)
    if version is None:
        advice = "Compare it with the advisories of its maker by hand."
        return doubt(name, f"It does not tell its version ({text or 'nothing'}).", advice)
    concerned = [each for each in version.open_escapes(component) if authorization or not each.authorization]
    left = [each for each in concerned if each.name not in log]
    text += _patched([each for each in concerned if each.name in log])
    if not left:
        return ok(name, text)
    return _open(name, text, left, version=version, doubt=doubt)


def _patched(escapes: list[Escape]) -> str:
    names = ", ".join(each.name for each in escapes)
    return f" (its package's changelog names the fix of {names})" if names else ""


def _open(
    name: str, text: str, escapes: list[Escape], *, version: Version, doubt: Callable[[str, str, str], Finding]
) -> Finding:
    names = ", ".join(each.name for each in escapes)
    told = " ".join(f"{each.name}: {each.allows} ({each.source})." for each in escapes)
    if version.uncertain:
        advice = "Your distribution may have mended it under this number: look into the package's changelog, or update."
        return doubt(name, f"reported {text}: by its number open to {names}", f"{advice} {told}")
    return fail(name, f"{text} is open to {names}", f"Update it: hostile models are what it has to hold. {told}")


def check_nvidia(*, wanted: bool, strict: bool, ask: Ask | None = None) -> tuple[Finding, ...]:
    """The toolkit that gives containers their GPUs; nothing where there is none and none is wanted."""
    told = (ask or said_by)("nvidia-container-cli") or (ask or said_by)("nvidia-ctk")
    found = re.search(r"\d+\.\d+\.\d+\S*", told)
    if found is None and not wanted:
        return ()
    return (judge("nvidia", found[0] if found else "", log="", authorization=False, strict=strict),)


def check_gvisor(program: str, *, strict: bool, today: date | None = None, ask: Ask | None = None) -> Finding:
    """How old gVisor is: its fixes come in releases named by their day, and in nothing else."""
    told = (ask or said_by)(program)
    found = re.search(r"(?:release-|0\.0~)(\d{8})", told)
    doubt = fail if strict else warn
    if found is None:
        return doubt("gvisor version", f"{program} does not tell its day.", "Look whether a newer release is out.")
    day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date()
    days = ((today or datetime.now(UTC).date()) - day).days
    if days <= GVISOR_OLD_DAYS:
        return ok("gvisor version", f"of {day}")
    advice = "Take a release from https://gvisor.dev/docs/user_guide/install/: fixes come in releases only."
    return doubt("gvisor version", f"of {day}, {days} days old.", advice)


def said_by(program: str) -> str:
    """What ``PROGRAM --version`` prints; empty where there is no such program here."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        done = subprocess.run(
            [path, "--version"], check=False, capture_output=True, text=True, timeout=_PROGRAM_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
