"""The rule pages in the docs are what the rule files say."""

from __future__ import annotations

import subprocess
import sys

from policies.pages import FOLDER, GROUPS, pages
from policies.rules import ALL
from policies.stamp import FILES, HERE, current
from policies.version import POLICY_VERSION


def test_every_page_is_current():
    """Run ``python -m policies.pages`` when this fails: a page is missing, left over, or out of date."""
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")} == pages()


def test_every_rule_belongs_to_a_group_of_the_index():
    """The index names every rule."""
    assert {rule.code[:3] for rule in ALL} == set(GROUPS)


def test_the_policy_version_is_current():
    """Run ``python -m policies.stamp`` when this fails: the rules changed, so stored verdicts are out of date."""
    assert current() == POLICY_VERSION


def test_the_version_covers_every_module_of_the_check():
    """The fingerprint holds what a check imports, but for what only carries the answer."""
    listing = "import sys, policies.check; print([m.__file__ for n, m in sys.modules.items() if n[:9] == 'policies.'])"
    shown = subprocess.run([sys.executable, "-c", listing], check=True, capture_output=True, text=True, cwd=HERE.parent)
    imported = {str(name).removeprefix(f"{HERE}/") for name in eval(shown.stdout)}
    counted = set(FILES) | {name for name in imported if name.startswith("rules/") or name.endswith("__init__.py")}
    assert imported - counted == {"limits.py", "verdict.py", "version.py"}
