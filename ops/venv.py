"""The environment in ``.venv``: the server and the client, both editable, and what develops them."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tomllib
from pathlib import Path

from ops import apt
from ops.console import call, say
from ops.errors import PythonUnusable

STAMP = "cloche.stamp"
ADVICE = "Check this machine's network and disk space, then run `make setup` again."


def prepare(root: Path) -> Path:
    """Make or refresh ``root/.venv``; its path. Does nothing while no ``pyproject.toml`` changed."""
    folder = root / ".venv"
    wanted = digest(root)
    if _stamp(folder) == wanted:
        return folder
    _create(folder)
    _install(root, folder)
    (folder / STAMP).write_text(wanted)
    return folder


def digest(root: Path) -> str:
    """What the environment is made from: this Python, this place, and what the two project files ask for."""
    asked = [_asked_for(root / "pyproject.toml"), _asked_for(root / "client" / "pyproject.toml")]
    return hashlib.sha256(json.dumps([sys.version_info[:2], str(root), asked]).encode()).hexdigest()


def _asked_for(project: Path) -> dict[str, object]:
    """The parts of a project file that pip looks at: a new lint rule is no reason to install anything."""
    content = tomllib.loads(project.read_text())
    relevant = ("build-system", "project", "dependency-groups")
    return {name: content.get(name) for name in relevant} | {"setuptools": content.get("tool", {}).get("setuptools")}


def torch_requirement(root: Path) -> str:
    """The pinned torch of the development group, such as ``torch==2.13.0``."""
    group: list[str] = tomllib.loads((root / "pyproject.toml").read_text())["dependency-groups"]["dev"]
    return next(item for item in group if item.startswith("torch=="))


def _stamp(folder: Path) -> str | None:
    try:
        return (folder / STAMP).read_text() if _runs(folder) else None
    except OSError:
        return None


def _runs(folder: Path) -> bool:
    """False when the Python the environment was made from is gone (its symbolic link hangs)."""
    return (folder / "bin" / "python").exists()


def _create(folder: Path) -> None:
    if _runs(folder):
        return
    _ensure_venv_module()
    say(f"creating the environment {folder} with Python {sys.version.split()[0]}")
    call([sys.executable, "-m", "venv", "--clear", folder], advice=ADVICE)


def _ensure_venv_module() -> None:
    """Debian ships venv apart from Python."""
    if _has_ensurepip():
        return
    if Path(sys.executable).resolve().parent != Path("/usr/bin"):
        raise PythonUnusable(
            f"{sys.executable} has no ensurepip, so it can't make an environment. "
            "Use a complete Python 3.11 or newer: make PYTHON=/path/to/python3."
        )
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    apt.install([f"python{version}-venv"], purpose="Python's venv module, to make the environment")


def _has_ensurepip() -> bool:
    try:
        import ensurepip  # noqa: F401 - asked at this moment: installing a package brings it
    except ImportError:
        return False
    return True


def _install(root: Path, folder: Path) -> None:
    pip: list[str | Path] = [
        folder / "bin" / "python",
        "-m",
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
    ]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    call([*pip, "pip>=25.1"], advice=ADVICE, env=env)  # the first pip that reads dependency groups
    # torch goes first and alone, so that pip's own settings choose the build (CPU or CUDA) undisturbed.
    torch = torch_requirement(root)
    say(f"installing {torch} into {folder} (some hundred megabytes the first time)")
    call([*pip, torch], advice=ADVICE, env=env)
    say("installing the server, the client and the development tools")
    call([*pip, "--editable", ".", "--editable", "client", "--group", "dev"], advice=ADVICE, env=env, cwd=root)
