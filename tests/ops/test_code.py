"""The digest of what a part runs changes with what it runs, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import code
from ops.parts import all_parts
from ops.settings import load


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small checkout."""
    for file in ("api/app.py", "worker/main.py", "store/jobs/admit.lua", "policies/a.py", "sandbox/runner/b.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(file)
    (tmp_path / ".venv").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("file", "api", "worker"),
    [
        ("api/app.py", True, False),
        ("worker/main.py", False, True),
        ("sandbox/runner/b.py", False, True),
        ("store/jobs/admit.lua", True, True),
        ("policies/a.py", True, True),
        ("store/new.py", True, True),
        (".venv/cloche.stamp", True, True),
        ("store/__pycache__/a.pyc", False, False),
        ("store/.admit.lua.swp", False, False),
        ("docs/page.md", False, False),
        ("admin/main.py", False, False),
    ],
)
def test_what_a_part_can_import_counts(root: Path, file: str, api: bool, worker: bool) -> None:
    """Its packages, Lua included, and what is installed; not other packages, bytecode or an editor's leftovers."""
    before = code.digest(root, code.OF_API), code.digest(root, code.OF_WORKER)
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text("something else")
    after = code.digest(root, code.OF_API), code.digest(root, code.OF_WORKER)
    assert (before[0] != after[0], before[1] != after[1]) == (api, worker)


def test_a_file_that_moved_or_is_gone_counts(root: Path) -> None:
    """It is names and contents together, so that text moved from one file to the next is a change."""
    before = code.digest(root, code.OF_API)
    (root / "api/app.py").rename(root / "api/other.py")
    moved = code.digest(root, code.OF_API)
    (root / "api/other.py").unlink()
    assert len({before, moved, code.digest(root, code.OF_API)}) == 3


def test_every_part_of_ours_has_its_code_and_redis_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So that a release replaces what it changed, and never Redis."""
    monkeypatch.setenv("CLOCHE_DATA", str(tmp_path))
    found = {item.name: item.code for item in all_parts(load())}
    assert found.pop("redis") == ""
    assert all(found.values())
    assert found["api"] != found["worker-1"] == found["courier"] == found["pump"]
