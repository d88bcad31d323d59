"""The container engine: there, with the runtime and the image that sandboxes need."""

from __future__ import annotations

from typing import Any

import docker.errors

from admin.checks.escapes import parse
from admin.checks.finding import Finding, fail, ok, warn
from admin.settings import SandboxSettings
from sandbox import image, runtimes
from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable, RuntimeMissing

_START = "Start the engine (`systemctl start docker`, or `make setup`), or set DOCKER_HOST to where it is."


def check_engine(settings: SandboxSettings) -> tuple[Finding, ...]:
    """Engine, runtime, runc's version and the sandbox image; only the first where it doesn't answer."""
    engine = Engine()
    try:
        with engine.client() as client:
            info: dict[str, Any] = client.info()
            version: dict[str, Any] = client.version()
        return (
            ok("engine", f"{info.get('OperatingSystem', 'engine')}: {version.get('Version', '?')}"),
            check_runtime(info, settings),
            _runc(version),
            _image(engine, settings),
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


def _runc(version: dict[str, Any]) -> Finding:
    parts = version.get("Components") or ()
    text = next((str(part.get("Version", "")) for part in parts if part.get("Name") == "runc"), "")
    runc = parse(text)
    if runc is None:
        advice = "Compare it with the advisories of your engine's maker by hand."
        return warn("runc", f"The engine does not tell its version ({text or 'nothing'}).", advice)
    escapes = ", ".join(runc.open_escapes())
    if not escapes:
        return ok("runc", text)
    if runc.uncertain:
        advice = "Such a build may hold the fixes under this number: look into the package's changelog, or update."
        return warn("runc", f"{text}: by its number open to {escapes}.", advice)
    return fail("runc", f"{text} is open to {escapes}.", "Update runc: hostile models are what it has to hold.")


def _image(engine: Engine, settings: SandboxSettings) -> Finding:
    tag = settings.sandbox_image or image.tag()
    try:
        with engine.client() as client:
            client.images.get(tag)
    except docker.errors.ImageNotFound:
        return fail("image", f"The sandbox image {tag} is not there.", "Build it with `make setup`.")
    return ok("image", tag)
