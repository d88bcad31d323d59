"""``cloche-admin check``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.admin.conftest import Admin

GOOD = b"""
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 1)

    def predict_single(self, value):
        return value
"""


def test_an_accepted_file_exits_0(admin: Admin, tmp_path: Path) -> None:
    """The class is named, in words and in JSON."""
    file = tmp_path / "model.py"
    file.write_bytes(GOOD)
    ended = admin("check", str(file))
    assert (ended.status, ended.err) == (0, "")
    assert "accepted (class Net)" in ended.out
    verdict = admin("check", str(file), "--json").json
    assert (verdict["accepted"], verdict["class_name"], verdict["violations"]) == (True, "Net", [])


def test_a_refused_file_exits_1_with_its_violations(admin: Admin, tmp_path: Path) -> None:
    """Each violation has its place and its code, in words and in JSON."""
    file = tmp_path / "model.py"
    file.write_bytes(b"import os\n" + GOOD)
    ended = admin("check", str(file))
    assert (ended.status, ended.err) == (1, "")
    assert f"{file}:1:8: CL" in ended.out
    refused = admin("check", str(file), "--json")
    assert refused.status == 1
    assert refused.json["violations"][0]["line"] == 1
    assert refused.json["violations"][0]["code"] in ended.out


def test_the_standard_input_can_be_checked(admin: Admin) -> None:
    """A dash reads the source from a pipe."""
    assert admin("check", "-", stdin=GOOD).status == 0
    assert admin("check", "-", stdin=b"import os\n").status == 1


@pytest.mark.parametrize("source", [b"", b"\0", b"(" * 100_000, b"\xff\xfe", b"x" * (20 * 2**20)])
def test_hostile_bytes_are_refused_not_fatal(admin: Admin, source: bytes) -> None:
    """Nothing, NUL, nesting beyond the parser, no encoding and twenty megabytes are refusals like any other."""
    ended = admin("check", "-", "--json", stdin=source)
    assert ended.status == 1
    assert ended.json["violations"]


def test_a_file_that_cannot_be_read_exits_2(admin: Admin, tmp_path: Path) -> None:
    """Missing, a folder: one sentence that names it."""
    for path in (tmp_path / "missing.py", tmp_path):
        ended = admin("check", str(path))
        assert (ended.status, ended.out) == (2, "")
        assert str(path) in ended.err
        assert len(ended.err.splitlines()) == 1
