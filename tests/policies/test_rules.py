"""Every rule has a page and two fixtures: a file it refuses where it says so, and a file it accepts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policies.check import check
from policies.render import render
from policies.rules import ALL

FIXTURES = Path(__file__).parent / "fixtures" / "rules"
BY_CODE = {rule.code: rule for rule in ALL}
# No file makes every machine's check fail; the isolated checks are tested with limits instead.
UNREFUSABLE = {"CL009"}
# The whole file is wrong, not one of its lines.
WHOLE_FILE = {"CL001", "CL004"}


def marked(source: str, code: str) -> set[int]:
    """The lines that end with the rule's code in a comment."""
    lines = re.split(r"\r\n|\r|\n", source)
    return {number for number, line in enumerate(lines, start=1) if line.endswith(f"# {code}")}


@pytest.mark.parametrize("code", sorted(set(BY_CODE) - UNREFUSABLE))
def test_the_refused_fixture_is_refused_on_the_marked_lines(code):
    """The rule finds exactly the lines that the fixture marks, and no other."""
    source = (FIXTURES / code / "refused.py").read_bytes()
    verdict = check(source)
    found = {violation.line for violation in verdict.violations if violation.code == code}
    expected = {1} if code in WHOLE_FILE else marked(source.decode(), code)
    assert expected, f"the fixture of {code} marks no line"
    assert found == expected, render(verdict)


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_the_accepted_fixture_is_accepted(code):
    """The rule's neighbours of what it refuses pass the whole policy."""
    verdict = check((FIXTURES / code / "accepted.py").read_bytes())
    assert verdict.accepted, render(verdict)


def test_every_rule_is_a_file_with_a_code_a_name_and_a_page():
    """Codes are unique and sorted, names read as "allow ...", docstrings have What, Why and Example."""
    codes = [rule.code for rule in ALL]
    assert codes == sorted(set(codes))
    files = {path.stem for path in Path("policies/rules").glob("*.py")} - {"__init__", "rule"}
    assert {type(rule).__module__.rpartition(".")[2] for rule in ALL} == files
    for rule in ALL:
        assert re.fullmatch(r"CL\d{3}", rule.code)
        assert rule.name.startswith("allow ")
        page = type(rule).__doc__ or ""
        assert all(f"\n    {part}:" in page for part in ("What", "Why", "Example")), rule.code


def test_every_violation_says_what_to_do():
    """Each finding of each refused fixture has a sentence and a hint."""
    for path in FIXTURES.glob("*/refused.py"):
        for violation in check(path.read_bytes()).violations:
            assert violation.message.endswith("."), violation
            assert violation.hint, violation
