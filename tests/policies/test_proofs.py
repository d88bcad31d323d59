"""The hostile corpus is no paper tiger: without the policy its tricks work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HOSTILE = sorted((HERE / "corpus" / "hostile").glob("*.py"))
PROVEN = [path for path in HOSTILE if path.read_text().splitlines()[1].startswith("# proof: ")]


def test_every_hostile_file_is_proven_or_says_why_it_is_inert():
    """The second line of a hostile file holds its proof, or the reason why there is none."""
    for path in HOSTILE:
        assert path.read_text().splitlines()[1].startswith(("# proof: ", "# inert: ")), path.name
    assert len(PROVEN) >= 120


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """What each file answered when nobody checked it."""
    command = [sys.executable, str(HERE / "proofs.py"), *map(str, PROVEN)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300).stdout)


@pytest.mark.parametrize("path", PROVEN, ids=lambda path: path.stem)
def test_the_trick_works_without_the_policy(path, answers):
    """Run unchecked, the file gets hold of the operating system and returns its own process's id."""
    assert answers[str(path)] == "stolen"
