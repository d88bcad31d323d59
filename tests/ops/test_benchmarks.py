"""Every benchmark starts with the command that its first lines name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = re.compile(r"python ((?:-m )?benchmarks[./][a-z_.]+)")
PROGRAMS = {
    file.name: COMMAND.search(file.read_text())
    for file in sorted((ROOT / "benchmarks").glob("*.py"))
    if 'if __name__ == "__main__"' in file.read_text() and file.name != "bare.py"  # which another one starts
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_command_starts(name: str) -> None:
    """What it imports is there when it is started so; a benchmark that nobody can start measures nothing."""
    command = PROGRAMS[name]
    assert command is not None
    words = [sys.executable, *command[1].split(), "--help"]
    done = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout
