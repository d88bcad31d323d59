"""Set-up does what is missing, nothing else, and says what to do when it can't."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ops import apt, setup, venv
from ops.errors import PackageUnavailable, PythonUnusable
from tests.ops.here import ROOT


def make(target: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`make TARGET` in the project, as a person would."""
    # The tests may themselves be run by make: what it tells its children is not for this one.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *target.split()], cwd=ROOT, env=own | env, capture_output=True, text=True, timeout=600
    )


def find_python(**env: str) -> subprocess.CompletedProcess[str]:
    """What ops/python.sh finds in this environment."""
    command = ["/bin/sh", ROOT / "ops" / "python.sh"]
    return subprocess.run(command, env=env, capture_output=True, text=True)


def write_program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_make_alone_lists_every_target() -> None:
    """`make` without a target prints one line for each public target and changes nothing."""
    done = make("help")
    words = ["setup", "up", "down", "status", "demo", "test", "test-attacks", "test-faults", "check", "fix", "bench"]
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["help", *words]
    assert make("").stdout == done.stdout


def test_a_second_setup_installs_nothing() -> None:
    """With nothing changed, it ends with one line of its own, and pip and apt are not called."""
    make("setup")
    done = make("setup", PIP_INDEX_URL="http://127.0.0.1:1", PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("cloche: installing")] == []


def test_no_engine_is_one_sentence() -> None:
    """DOCKER_HOST to nowhere: set-up fails with what to do, and starts no engine of its own."""
    done = make("setup", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert done.returncode != 0
    assert "cloche: The container engine at unix:///nowhere/docker.sock does not answer" in done.stderr
    assert "unset DOCKER_HOST" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_python_is_one_sentence(tmp_path: Path) -> None:
    """Where no Python is new enough, the sentence says which and how to name one."""
    write_program(tmp_path / "python3", "exit 0")  # an older one: it prints nothing
    done = find_python(PATH=str(tmp_path), PYTHON="python3")
    assert done.returncode == 1
    assert "No Python 3.11 or newer" in done.stderr


def test_a_shim_without_its_python_is_passed_over(tmp_path: Path) -> None:
    """Version managers leave commands for versions that aren't there: a candidate counts when it runs."""
    write_program(tmp_path / "python3.11", "echo 'version not installed' >&2; exit 127")
    write_program(tmp_path / "python3.12", f'exec "{sys.executable}" "$@"')
    done = find_python(PATH=str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.strip() == sys.executable


def test_the_environment_is_refreshed_when_a_project_file_changes(tmp_path: Path) -> None:
    """A changed dependency in either is installed by the next set-up; a changed lint rule installs nothing."""
    (tmp_path / "client").mkdir()
    server, client = tmp_path / "pyproject.toml", tmp_path / "client" / "pyproject.toml"
    server.write_text("[project]\nname = 'server'\n[tool.ruff]\nline-length = 120")
    client.write_text("[project]\nname = 'client'")
    before = venv.digest(tmp_path)
    server.write_text("[project]\nname = 'server'\n[tool.ruff]\nline-length = 100")
    assert venv.digest(tmp_path) == before
    client.write_text("[project]\nname = 'client'\ndependencies = ['httpx']")
    assert venv.digest(tmp_path) != before


def test_torch_is_pinned() -> None:
    """Set-up installs torch by the pin of the development group, which is the sandbox image's."""
    pins = (ROOT / "sandbox" / "image" / "pins.txt").read_text().splitlines()
    assert venv.torch_requirement(ROOT) in pins


def test_every_command_is_in_the_environment() -> None:
    """Each command of the project can be started from .venv/bin."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert {name for name in scripts if os.access(ROOT / ".venv" / "bin" / name, os.X_OK)} == set(scripts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ID=debian\n", True),
        ('ID=ubuntu\nID_LIKE="debian"\n', True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ("ID=fedora\n", False),
        ("", False),
    ],
)
def test_debian_and_its_family_are_known(tmp_path: Path, text: str, expected: bool) -> None:
    """Packages are installed on Debian, Ubuntu and what calls itself like them, nowhere else."""
    (tmp_path / "os-release").write_text(text)
    assert apt.is_debian_family(os_release=tmp_path / "os-release") is expected
    assert apt.is_debian_family(os_release=tmp_path / "missing") is False


def test_a_package_that_cannot_be_installed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the package, the reason and the way out."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(PackageUnavailable) as caught:
        apt.install(["redis-server"], purpose="Redis keeps the jobs", fallback="Or set CLOCHE_REDIS_URL.")
    assert "redis-server" in str(caught.value)
    assert "Or set CLOCHE_REDIS_URL." in str(caught.value)


def test_an_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Called directly with a Python too old, set-up says which it needs."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    with pytest.raises(PythonUnusable, match=r"3\.11"):
        setup.require_python()
