"""The container engine: there, with the runtime and the image that sandboxes need."""

from __future__ import annotations

import os
from typing import Any

import docker.errors

from admin.checks.finding import Finding, fail, ok, warn
from admin.checks.kernels import check_kernel_escapes
from admin.checks.versions import check_gvisor, check_nvidia, check_versions
from admin.checks.wall import check_wall
from admin.settings import SandboxSettings
from sandbox import image, runtimes
from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable, RuntimeMissing

_START = "Start the engine (`systemctl start docker`, or `make setup`), or set DOCKER_HOST to where it is."


def check_engine(settings: SandboxSettings) -> tuple[Finding, ...]:
    """Engine, runtime, versions, what the engine and the kernel can do, the image; one only where it is away."""
    engine = Engine()
    strict = settings.require_patched
    try:
        with engine.client() as client:
            info: dict[str, Any] = client.info()
            version: dict[str, Any] = client.version()
        return (
            ok("engine", f"{info.get('OperatingSystem', 'engine')}: {version.get('Version', '?')}"),
            check_runtime(info, settings),
            _image(engine, settings),
            *check_versions(info, version, strict=strict),
            check_kernel_escapes(info, strict=strict),
            *_gvisor_version(info, settings),
            *check_nvidia(wanted=bool(settings.gpus), strict=strict),
            *check_wall(info, docker_host=os.environ.get("DOCKER_HOST", "")),
        )
    except (EngineUnreachable, docker.errors.APIError) as exc:
        return (fail("engine", str(exc), _START),)
    finally:
        engine.close()


def check_runtime(info: dict[str, Any], settings: SandboxSettings) -> Finding:
    """What is in force: the required runtime, else the chosen one, else the engine's default."""
    required, chosen = settings.require_runtime, settings.sandbox_runtime
    if required and chosen and required != chosen:
        found = f"CLOCHE_REQUIRE_RUNTIME is {required!r}, and CLOCHE_SANDBOX_RUNTIME is {chosen!r}: no worker starts."
        return fail("runtime", found, "Name the same, or leave CLOCHE_SANDBOX_RUNTIME empty.")
    try:
        runtime = runtimes.of(info, required or chosen or None)
    except RuntimeMissing as exc:
        advice = f"Register {exc.name} (`make setup GVISOR=1` does it for runsc), or choose one of "
        return fail("runtime", f"The engine has no runtime {exc.name!r}.", f"{advice}{', '.join(exc.known)}.")
    if runtime.gvisor:
        return _gvisor(runtime, how=_how(settings))
    return ok("runtime", f"{runtime.name}: sandboxes share the host's kernel ({_how(settings)})")


def _gvisor(runtime: runtimes.Runtime, *, how: str) -> Finding:
    """Without these two flags the runner can't reach its host, or one of two filters is missing."""
    found = f"{runtime.name}: gVisor, each sandbox has a kernel of its own ({how})"
    given = {argument.lstrip("-") for argument in runtime.arguments}
    if not given & {"host-uds=open", "host-uds=all", "fsgofer-host-uds", "fsgofer-host-uds=true"}:
        return fail("runtime", f"{found}, without --host-uds=open.", "Add it: no sandbox can reach its worker.")
    if not given & {"oci-seccomp", "oci-seccomp=true"}:
        return warn("runtime", f"{found}, without --oci-seccomp.", "Add it, so that the list of system calls holds.")
    return ok("runtime", found)


def _how(settings: SandboxSettings) -> str:
    if settings.require_runtime:
        return "required"
    return "CLOCHE_SANDBOX_RUNTIME" if settings.sandbox_runtime else "the engine's default"


def _gvisor_version(info: dict[str, Any], settings: SandboxSettings) -> tuple[Finding, ...]:
    """Asked of the program that the engine would start, where gVisor is in force."""
    try:
        runtime = runtimes.of(info, settings.require_runtime or settings.sandbox_runtime or None)
    except RuntimeMissing:
        return ()
    if not runtime.gvisor:
        return ()
    return (check_gvisor(str(info["Runtimes"][runtime.name].get("path")), strict=settings.require_patched),)


def _image(engine: Engine, settings: SandboxSettings) -> Finding:
    tag = settings.sandbox_image or image.tag()
    try:
        with engine.client() as client:
            client.images.get(tag)
    except docker.errors.ImageNotFound:
        return fail("image", f"The sandbox image {tag} is not there.", "Build it with `make setup`.")
    return ok("image", tag)
