"""A worker that must run sandboxes under one runtime never runs them under another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def worker(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """``cloche-worker``, which must end by itself."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLOCHE_")}
    environment = {"CLOCHE_DATA": str(folder / "data"), "CLOCHE_RUN_DIR": str(folder / "run"), **settings}
    command = [sys.executable, "-m", "worker.main"]
    return subprocess.run(command, env=inherited | environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"CLOCHE_REQUIRE_RUNTIME": "nonsense"}, "The container engine has no runtime 'nonsense'"),
        ({"CLOCHE_REQUIRE_RUNTIME": "runsc", "CLOCHE_SANDBOX_RUNTIME": "runc"}, "name the same"),
    ],
)
def test_it_refuses_to_start_without_the_required_runtime(tmp_path: Path, settings: dict[str, str], says: str) -> None:
    """One sentence that says what to do, and nothing was made or started."""
    done = worker(tmp_path, **settings)
    assert done.returncode == 1
    assert done.stderr.startswith("cloche-worker: ")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path) == []
