"""The container engine: there, with the runtime and the image that sandboxes need."""

from __future__ import annotations

from typing import Any

import docker.errors

from admin.checks.escapes import parse
from admin.checks.finding import Finding, fail, ok, warn
from admin.settings import SandboxSettings
from sandbox import image
from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable

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
            _runtime(info, settings),
            _runc(version),
            _image(engine, settings),
        )
    except (EngineUnreachable, docker.errors.APIError) as exc:
        return (fail("engine", str(exc), _START),)
    finally:
        engine.close()


def _runtime(info: dict[str, Any], settings: SandboxSettings) -> Finding:
    known = sorted(info.get("Runtimes") or {})
    wanted = settings.sandbox_runtime or info.get("DefaultRuntime", "")
    if wanted in known:
        return ok("runtime", f"{wanted}{'' if settings.sandbox_runtime else ' (the default of the engine)'}")
    advice = f"Register {wanted} with the engine, or set CLOCHE_SANDBOX_RUNTIME to one of {', '.join(known)}."
    return fail("runtime", f"The engine has no runtime {wanted!r}.", advice)


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
