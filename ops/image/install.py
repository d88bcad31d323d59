"""Run in the build of the service image: dependencies into a folder, commands onto the path. Standard library alone."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any


def main() -> None:
    """Install the server's dependencies from wheels, or from the network where there are none; write its commands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--commands", type=Path, required=True)
    arguments = parser.parse_args()
    project: dict[str, Any] = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text())["project"]
    # pip goes in as well: building the sandbox image from here fetches packages with it.
    command = [*pip(arguments.wheels), "--target", str(arguments.target), "pip", *project["dependencies"]]
    if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode != 0:
        sys.exit(
            "The dependencies could not be installed. Where ops/image/wheelhouse has wheels, they are used alone: "
            "run `python -m ops.image.wheels` on the host to bring them up to date, or empty that folder."
        )
    for name, entry in project["scripts"].items():
        write_command(arguments.commands / name, entry=entry)


def pip(wheels: Path) -> list[str]:
    """The call of pip: its own wheel where wheels were brought along, for the base may have none."""
    options = ["install", "--no-cache-dir", "--disable-pip-version-check", "--root-user-action=ignore", "--no-compile"]
    own = sorted(wheels.glob("pip-*.whl"))
    if not own:
        return [sys.executable, "-m", "pip", *options]
    return [sys.executable, f"{own[-1]}/pip", *options, "--no-index", "--find-links", str(wheels)]


def write_command(path: Path, *, entry: str) -> None:
    """A command that calls ``module:function``, as an installed one would."""
    module, function = entry.split(":")
    path.write_text(f"#!{sys.executable}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    path.chmod(0o755)


if __name__ == "__main__":
    main()
