"""What can stop set-up or start-up: each with one sentence that says what to do.

OpsError
├── PythonUnusable      this Python can't make the environment
├── CommandFailed       a program we called ended badly
├── PackageUnavailable  a system package is missing and can't be installed here
├── EngineUnavailable   no container engine answers, and none can be started here
├── PortBusy            another program has the port
├── Locked              another up or down is at work
└── NotReady            a part did not come up in time
"""

from __future__ import annotations

from pathlib import Path


class OpsError(Exception):
    """Root of this package's errors. ``str(error)`` is the sentence shown."""

    code = "ops_error"


class PythonUnusable(OpsError):
    """This Python can't make the environment."""

    code = "python_unusable"


class CommandFailed(OpsError):
    """A program we called ended badly."""

    code = "command_failed"

    def __init__(self, command: str, *, status: int, advice: str) -> None:
        self.status = status
        super().__init__(f"`{command}` ended with status {status}. {advice}")


class PackageUnavailable(OpsError):
    """A system package is missing and can't be installed here."""

    code = "package_unavailable"

    def __init__(self, packages: str, *, reason: str) -> None:
        super().__init__(f"Cloche needs {packages}, and can't install it: {reason} Install it, then run this again.")


class EngineUnavailable(OpsError):
    """No container engine answers, and none can be started here."""

    code = "engine_unavailable"


class PortBusy(OpsError):
    """Another program has the port."""

    code = "port_busy"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is taken by another program. "
            f"Stop that program, or choose another port: `make up CLOCHE_PORT={port + 1}`."
        )


class Locked(OpsError):
    """Another up or down is at work."""

    code = "locked"

    def __init__(self, path: Path) -> None:
        super().__init__(f"Another `make up` or `make down` holds {path}. Wait for it to end, then run this again.")


class NotReady(OpsError):
    """A part did not come up in time."""

    code = "not_ready"
