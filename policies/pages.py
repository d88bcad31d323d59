"""Writes ``docs/policy/`` from the rule files: ``python -m policies.pages``."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from policies.rules import ALL, Rule
from policies.version import GRAMMAR_VERSION

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "policy"
GROUPS = {
    "CL0": "The file",
    "CL1": "Structure",
    "CL2": "Imports",
    "CL3": "Names and dotted paths",
    "CL4": "Calls with a sharp end",
    "CL5": "Attributes",
    "CL6": "Texts",
    "CL7": "Bindings",
    "CL8": "Patching",
}
_SECTIONS = ("What", "Why", "Example")


def main() -> None:
    """Write every page and remove those of rules that are gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for path in FOLDER.glob("CL*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{FOLDER}: {len(wanted)} pages\n")


def pages() -> dict[str, str]:
    """Each page's file name and text."""
    return {f"{rule.code}.md": page(rule) for rule in ALL} | {"README.md": index()}


def page(rule: Rule) -> str:
    """One rule: its first sentence, What, Why, Example."""
    first, sections = _parts(rule)
    lines = [f"# {rule.code}: {rule.name}", "", first, ""]
    for name in _SECTIONS:
        lines += [f"## {name}", "", *_body(name, sections[name]), ""]
    home = f"policies/rules/{type(rule).__module__.rpartition('.')[2]}.py"
    return "\n".join([*lines, f"The rule is `{home}`. [All rules](README.md)", ""])


def index() -> str:
    """The list of all rules by group."""
    lines = [
        "# The source policy",
        "",
        f"Python grammar {GRAMMAR_VERSION}. What it promises and what only the container does:",
        "[decision 0010](../decisions/0010-policy.md). The dotted paths a model may use:",
        "[`policies/allowlist/paths.txt`](../../policies/allowlist/paths.txt), with the reasons beside it.",
        "",
        "Written by `python -m policies.pages` from the rule files.",
        "",
    ]
    for prefix, title in GROUPS.items():
        lines += [f"## {title}", "", "| code | rule | in one sentence |", "|---|---|---|"]
        lines += [
            f"| [{rule.code}]({rule.code}.md) | {rule.name} | {_parts(rule)[0]} |"
            for rule in ALL
            if rule.code.startswith(prefix)
        ]
        lines.append("")
    return "\n".join(lines)


def _parts(rule: Rule) -> tuple[str, dict[str, str]]:
    first, *paragraphs = inspect.cleandoc(type(rule).__doc__ or "").split("\n\n")
    sections = dict.fromkeys(_SECTIONS, "")
    at = ""
    for paragraph in paragraphs:
        word, colon, rest = paragraph.partition(":")
        if colon and word in sections:
            at, paragraph = word, rest.lstrip(" ")  # noqa: PLW2901  # the heading is taken off
        sections[at] = f"{sections[at]}\n\n{paragraph}" if sections[at] else paragraph
    return first, sections


def _body(name: str, text: str) -> list[str]:
    if name != "Example":
        return text.split("\n")
    return ["```python", *inspect.cleandoc("\n" + text).split("\n"), "```"]


if __name__ == "__main__":
    main()
