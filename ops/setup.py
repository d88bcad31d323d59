"""``python -m ops.setup``: everything Cloche needs on this machine, each step done only where it is missing.

Runs before anything is installed, so this module and what it imports are standard library alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from ops import apt, dockerd, extras, gvisor, services, venv
from ops.console import call, say
from ops.errors import OpsError, PythonUnusable

ROOT = Path(__file__).resolve().parents[1]
OLDEST_PYTHON = (3, 11)


def main() -> int:
    """Set up; 0, or 1 after one sentence that says what to do."""
    parser = argparse.ArgumentParser(prog="make setup", description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also what only the tests need")
    arguments = parser.parse_args()
    try:
        prepare(tests=arguments.tests)
    except OpsError as exc:
        say(str(exc))
        return 1
    return 0


def prepare(*, tests: bool) -> None:
    """Environment, container engine, Redis, sandbox image; gVisor with GVISOR=1; what tests need with ``tests``."""
    require_python()
    folder = venv.prepare(ROOT)
    host = dockerd.ensure()
    if os.environ.get("GVISOR"):
        gvisor.ensure()
    require_redis()
    build_image(folder, docker_host=host)
    if tests:
        extras.ensure()
    say(f"ready: commands are in {folder / 'bin'}, the container engine is at {host}")


def require_python() -> None:
    """Raise PythonUnusable on a Python too old."""
    if sys.version_info < OLDEST_PYTHON:
        raise PythonUnusable(
            f"Cloche needs Python 3.11 or newer, and this is {sys.version.split()[0]}: make PYTHON=/path/to/python3."
        )


def require_redis() -> None:
    """A redis-server to start an instance of; none needed where CLOCHE_REDIS_URL names one that runs."""
    if os.environ.get("CLOCHE_REDIS_URL") or shutil.which("redis-server") is not None:
        return
    apt.install(
        ["redis-server"],
        purpose="Redis keeps the jobs",
        fallback="Or set CLOCHE_REDIS_URL to a Redis that runs.",
    )
    services.quiet("redis-server")


def build_image(folder: Path, *, docker_host: str) -> None:
    """Build the sandbox image, unless it is there; the build decides, by the tag of its contents."""
    call(
        [folder / "bin" / "python", "-m", "sandbox.image.build"],
        advice="The sandbox image could not be built: its messages above say why. Then run `make setup` again.",
        env={**os.environ, "DOCKER_HOST": docker_host},
        cwd=ROOT,
    )


if __name__ == "__main__":
    sys.exit(main())
