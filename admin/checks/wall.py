"""What of the wall is the engine's and the kernel's to build: filters, ceilings, and who may command the engine."""

from __future__ import annotations

import grp
import os
import pwd
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from admin.checks.finding import Finding, fail, ok, warn
from sandbox.hardening import UID

OLDEST_KERNEL = (5, 10)  # the oldest line that still gets fixes: https://www.kernel.org/category/releases.html
_CEILINGS = {"MemoryLimit": "memory", "PidsLimit": "processes", "CpuCfsQuota": "processor time"}
_DEFAULT_HOST = "unix:///var/run/docker.sock"


def check_wall(info: dict[str, Any], *, docker_host: str) -> tuple[Finding, ...]:
    """Ceilings, filters, kernel, the engine's own door, and whose number the sandboxes' user has."""
    return (_ceilings(info), _filters(info), _kernel(info), check_door(docker_host or _DEFAULT_HOST), check_user())


def _ceilings(info: dict[str, Any]) -> Finding:
    version = f"cgroup v{info.get('CgroupVersion') or '?'}"
    missing = [word for key, word in _CEILINGS.items() if not info.get(key)]
    if missing:
        advice = "Boot a kernel with these cgroup controllers switched on: without them one model takes the machine."
        return fail("ceilings", f"{version} has no ceiling for {', '.join(missing)}.", advice)
    if not info.get("SwapLimit"):
        advice = "Switch swap off, or its accounting on (boot with swapaccount=1): a full sandbox would swap."
        return warn("ceilings", f"{version} has no ceiling for swap.", advice)
    return ok("ceilings", f"memory, swap, processes and processor time, by {version}")


def _filters(info: dict[str, Any]) -> Finding:
    options = {re.split(r"[=,]", str(option))[1] for option in info.get("SecurityOptions") or () if "=" in str(option)}
    if "seccomp" not in options:
        advice = "Use a kernel and an engine with seccomp: no sandbox starts without its list of system calls."
        return fail("filters", "The engine can't filter system calls (no seccomp).", advice)
    walls = ["seccomp", *sorted(options & {"apparmor", "selinux"})]
    mapped = "the engine is not root" if "rootless" in options else "users are mapped" if "userns" in options else ""
    return ok(
        "filters", f"{', '.join(walls)}; {mapped or f'a sandbox runs as user {UID} of the host, who owns nothing'}"
    )


def _kernel(info: dict[str, Any]) -> Finding:
    text = str(info.get("KernelVersion", ""))
    found = re.match(r"(\d+)\.(\d+)", text)
    if found and (int(found[1]), int(found[2])) >= OLDEST_KERNEL:
        live = "sandboxes outlive the engine" if info.get("LiveRestoreEnabled") else "sandboxes end with the engine"
        return ok("kernel", f"Linux {text}; {live}")
    oldest = ".".join(map(str, OLDEST_KERNEL))
    advice = f"Use one of the lines that get fixes ({oldest} or newer), or your distribution's, and keep it updated."
    return warn("kernel", f"Linux {text or '(not told)'} is of a line without fixes.", advice)


def check_door(docker_host: str) -> Finding:
    """Who may command the engine: whoever may is root of the machine."""
    url = urlsplit(docker_host)
    if url.scheme in {"tcp", "http"}:
        if os.environ.get("DOCKER_TLS_VERIFY"):
            return ok("engine access", f"{docker_host}, with TLS")
        advice = "Use the unix socket, ssh, or TLS: everybody who reaches this port is root of the machine."
        return fail("engine access", f"{docker_host} asks nobody who they are.", advice)
    if url.scheme != "unix":
        return ok("engine access", docker_host)
    try:
        mode = Path(url.path).stat().st_mode
    except OSError as exc:
        return warn("engine access", f"{url.path}: {exc.strerror}.", "See who may write to the engine's socket.")
    if mode & 0o002:
        advice = f"chmod o-w {url.path}: every user of the machine is its root through this socket."
        return fail("engine access", f"{url.path} can be written by everybody.", advice)
    return ok("engine access", f"{url.path}, for its owner and group")


def check_user() -> Finding:
    """Whether the sandboxes' number belongs to somebody here: what that user owns, an escaped model would."""
    taken = [entry.pw_name for entry in pwd.getpwall() if entry.pw_uid == UID]
    taken += [f"group {entry.gr_name}" for entry in grp.getgrall() if entry.gr_gid == UID]
    if not taken:
        return ok("user", f"{UID} is nobody's")
    advice = "Give them another number, or map users (userns-remap): what they own, an escaped model would."
    return warn("user", f"{UID}, the sandboxes' number, is {' and '.join(taken)} on this machine.", advice)
