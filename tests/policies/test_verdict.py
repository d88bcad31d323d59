"""Verdicts travel as plain data and read like a linter's output."""

from __future__ import annotations

import json

from policies.check import check
from policies.render import render
from policies.verdict import Verdict

REFUSED = "import os\nimport subprocess\n\n\nclass Modèle: pass\n".encode()


def test_a_verdict_survives_json():
    """to_dict and from_dict are each other's inverse, through JSON."""
    verdict = check(REFUSED)
    assert not verdict.accepted
    assert Verdict.from_dict(json.loads(json.dumps(verdict.to_dict()))) == verdict


def test_every_violation_is_reported_at_once_in_order():
    """One check names everything that is wrong, sorted by place."""
    verdict = check(REFUSED)
    assert [violation.line for violation in verdict.violations] == sorted(each.line for each in verdict.violations)
    assert {"CL201", "CL102", "CL104"} <= {violation.code for violation in verdict.violations}


def test_the_text_points_at_the_place():
    """path:line:column: CODE message, the line, a caret under the column, a hint, a count."""
    text = render(check(REFUSED), path="demo/model.py")
    assert "demo/model.py:1:8: CL201 " in text
    assert "    import os\n           ^\n    hint: " in text
    assert text.endswith(f"refused, {len(check(REFUSED).violations)} violations\n")


def test_columns_count_characters_not_bytes():
    """A column is where an editor shows it, behind letters of several bytes too."""
    (violation,) = [each for each in check("é = 'ééé'; import os\n".encode()).violations if each.code == "CL201"]
    assert violation.column == 19


def test_the_text_can_not_drive_a_terminal():
    """Escape sequences in a source line are shown as replacement characters."""
    text = render(check(b"import os  # \x1b[2J\n"))
    assert "\x1b" not in text
