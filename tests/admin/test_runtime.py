"""``doctor`` says which runtime is in force, and whether it is set up as sandboxes need it."""

from __future__ import annotations

from typing import Any

import pytest

from admin.checks.engine import check_runtime
from admin.settings import SandboxSettings
from ops import gvisor

RUNSC = {"path": "/usr/bin/runsc", "runtimeArgs": list(gvisor.ARGUMENTS)}


def info(*, default: str = "runc", **runtimes: Any) -> dict[str, Any]:
    """An engine's description of itself."""
    return {"DefaultRuntime": default, "Runtimes": {"runc": {"path": "runc"}, **runtimes}}


@pytest.mark.parametrize(
    ("engine", "settings", "state", "says"),
    [
        (info(), {}, "ok", "runc: sandboxes share the host's kernel (the engine's default)"),
        (info(), {"sandbox_runtime": "runc"}, "ok", "(CLOCHE_SANDBOX_RUNTIME)"),
        (info(runsc=RUNSC), {}, "ok", "runc: "),
        (info(runsc=RUNSC), {"sandbox_runtime": "runsc"}, "ok", "runsc: gVisor"),
        (info(runsc=RUNSC, default="runsc"), {}, "ok", "gVisor, each sandbox has a kernel of its own (the engine's"),
        (info(strong=RUNSC), {"require_runtime": "strong"}, "ok", "strong: gVisor, each sandbox has a kernel of its"),
        (info(), {"sandbox_runtime": "runsc"}, "fail", "no runtime 'runsc'"),
        (info(), {"require_runtime": "runsc"}, "fail", "no runtime 'runsc'"),
        (info(runsc=RUNSC), {"sandbox_runtime": "runc", "require_runtime": "runsc"}, "fail", "no worker starts"),
        (info(runsc={"path": "runsc"}), {"sandbox_runtime": "runsc"}, "fail", "without --host-uds=open"),
        (
            info(runsc={"path": "runsc", "runtimeArgs": ["--fsgofer-host-uds"]}),
            {"sandbox_runtime": "runsc"},
            "warn",
            "without --oci-seccomp",
        ),
    ],
)
def test_the_runtime_in_force_is_named(engine: dict[str, Any], settings: dict[str, str], state: str, says: str) -> None:
    """Required before chosen before the engine's default; what is wrong comes with what to do."""
    finding = check_runtime(engine, SandboxSettings(**settings))
    assert finding.state == state
    assert says in finding.found
    assert bool(finding.advice) == (state != "ok")
