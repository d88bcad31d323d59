"""Which runtime sandboxes are started with, and what is different under gVisor.

runc gives a sandbox the host's kernel behind a filter; gVisor's runsc gives it a kernel of its own, in a
process that is itself filtered. See docs/decisions/0021-gvisor.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sandbox.engine import Engine
from sandbox.errors import RuntimeMissing

_GVISOR_PROGRAM = "runsc"


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime as the engine knows it."""

    name: str
    gvisor: bool
    arguments: tuple[str, ...] = ()

    @property
    def limits_can_change(self) -> bool:
        """False where a running container keeps the memory and processors that it was created with."""
        return not self.gvisor


def resolve(engine: Engine, wanted: str | None) -> Runtime:
    """The runtime of this name, the engine's default when None. Raises RuntimeMissing and EngineUnreachable."""
    with engine.client() as client:
        return of(client.info(), wanted)


def of(info: dict[str, Any], wanted: str | None) -> Runtime:
    """The same from the engine's own description of itself."""
    known: dict[str, Any] = info.get("Runtimes") or {}
    name = wanted or str(info.get("DefaultRuntime", ""))
    if name not in known:
        raise RuntimeMissing(name, known=tuple(sorted(known)))
    program = PurePosixPath(str(known[name].get("path", ""))).name
    return Runtime(name, gvisor=program == _GVISOR_PROGRAM, arguments=tuple(known[name].get("runtimeArgs") or ()))
