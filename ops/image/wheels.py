"""``python -m ops.image.wheels``: fetch the service image's wheels here, for builds that have no network."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from ops.console import say

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = "3.11"  # the image's
# pip works out what is needed for the Python it runs under; the image's may need more.
EXTRA = ["async-timeout"]  # redis, before Python 3.11.3: Debian 12 has 3.11.2
GLIBC = range(17, 37)  # manylinux tags that the image's Debian 12 can load


def main() -> int:
    """Fill ``ops/image/wheelhouse``; pip's own status."""
    return fetch(HERE / "wheelhouse")


def fetch(folder: Path, *, python: str = PYTHON) -> int:
    """Download the server's dependencies and pip itself for the image's Python; pip's status."""
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    say(f"fetching {len(dependencies)} dependencies and what they need into {folder}")
    command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
    command += ["--dest", str(folder), *_target(python), "pip", *EXTRA, *dependencies]
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode


def _target(python: str) -> list[str]:
    """Nothing to say where this Python is the image's; else its version and every platform tag it can load."""
    if python == f"{sys.version_info.major}.{sys.version_info.minor}" and sys.platform == "linux":
        return ["--only-binary=:all:"]
    machine = _machine()
    tags = [f"manylinux_2_{minor}_{machine}" for minor in reversed(GLIBC)] + [f"manylinux2014_{machine}"]
    platforms = [word for tag in tags for word in ("--platform", tag)]
    return ["--only-binary=:all:", "--implementation", "cp", "--python-version", python, *platforms]


def _machine() -> str:
    import platform

    return {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())


if __name__ == "__main__":
    sys.exit(main())
