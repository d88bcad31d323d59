"""The runner image: what is in it, and the tag that names exactly that."""

from __future__ import annotations

import hashlib
from pathlib import Path

REPOSITORY = "cloche-runner"
BASE = "python:3.11-slim-bookworm"
PYTHON = "3.11"  # of the base; the packages are fetched for it
IMAGE_DIR = Path(__file__).parent
RUNNER_DIR = IMAGE_DIR.parent / "runner"


def runner_files() -> tuple[Path, ...]:
    """The runner's modules, in a fixed order."""
    return tuple(sorted(RUNNER_DIR.glob("*.py")))


def pins() -> tuple[str, ...]:
    """The pinned requirements of the image."""
    lines = (line.strip() for line in (IMAGE_DIR / "pins.txt").read_text().splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def tag() -> str:
    """``cloche-runner:<hash>``: changes exactly when the Dockerfile, the runner, the packages or the base do."""
    digest = hashlib.sha256(f"{BASE}\0{PYTHON}\0{pins()}\0".encode())
    for path in (IMAGE_DIR / "Dockerfile", IMAGE_DIR / "packages.py", *runner_files()):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return f"{REPOSITORY}:{digest.hexdigest()[:12]}"
