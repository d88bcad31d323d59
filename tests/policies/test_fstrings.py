"""f-strings are read as the sandbox's Python reads them, whatever Python runs the check."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from policies.fstrings import readable
from policies.source import Source

HERE = Path(__file__).parent

OLD = [
    "f'{x}'",
    "f'{x!r:>{width}}'",
    "f\"{x['a']}\"",
    "f'''{x}\n{\"#\"}'''",
    "f'{{x}} \\n {x}'",
    "rf'\\d{x}'",
    "'a' f'{x}' \"b\"",
    "('a'\n  # a comment\n  f'{x}')"[1:-1],
    "f'{x:\\n}'",
    "f'{lambda_:%Y-%m}'",
    "f\"{ {'a': 1}['a'] }\"",
    "f'{x:{w}.{p}}'",
]
NEW = [
    "f'{x['a']}'",
    "f'{\"\\n\".join(x)}'",
    "f'''{x # a comment\n}'''",
    "f'{\nx}'",
    "f'{f'{1}'}'",
    "f'{x!r:{a:{b:{c}}}}'",
    "f'{x\\\n}'",
]


@pytest.mark.parametrize("segment", OLD)
def test_what_python_3_11_reads_is_readable(segment):
    """Every ordinary f-string passes."""
    assert readable(segment)


@pytest.mark.parametrize("segment", NEW)
def test_what_only_later_pythons_read_is_not(segment):
    """Reused quotes, backslashes, comments and line ends between braces are told."""
    assert not readable(segment)


def test_every_f_string_of_the_corpora_and_of_this_project_is_readable():
    """No false alarm on real code."""
    seen = 0
    for path in [*HERE.rglob("*.py"), *Path("policies").rglob("*.py"), *Path("store").rglob("*.py")]:
        try:
            text = path.read_bytes().decode("utf-8-sig")
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue  # hostile on purpose
        inner = {each for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for each in ast.walk(node)} - {tree}
        outer = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        nested = {each for node in outer for each in ast.walk(node) if each is not node}
        for node in outer:
            if node in inner and node not in nested:
                seen += 1
                assert readable(Source(text).segment(node)), f"{path}:{node.lineno}"
    assert seen > 100
