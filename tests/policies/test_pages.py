"""The rule pages in the docs are what the rule files say."""

from __future__ import annotations

from policies.pages import FOLDER, GROUPS, pages
from policies.rules import ALL
from policies.stamp import current
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
