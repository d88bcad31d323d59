"""The walks that every check takes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from policies.tree import children, walk

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(CORPUS.glob("*/*.py"))


@pytest.mark.parametrize("path", FILES[::9], ids=lambda path: path.stem)
def test_no_node_is_left_out(path):
    """Children and walk give the very nodes that Python's own give, Load and Store excepted."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # a file that no rule sees a tree of
    seen = list(walk(tree))
    assert seen == [node for node in ast.walk(tree) if not isinstance(node, ast.expr_context)]
    for node in seen:
        own = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr_context)]
        assert children(node) == own
