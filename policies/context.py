"""What a rule may ask about the file it looks at."""

from __future__ import annotations

import ast
from functools import cached_property

from policies.paths import Paths
from policies.scopes import Scopes
from policies.source import Source


class Context:
    """One parsed file: its text, its tree, its names. Made for one check, dropped after it."""

    def __init__(self, source: Source, tree: ast.Module) -> None:
        self.source = source
        self.tree = tree

    @cached_property
    def scopes(self) -> Scopes:
        """Every scope and binding."""
        return Scopes(self.tree)

    @cached_property
    def paths(self) -> Paths:
        """What names and attributes mean, as dotted paths."""
        return Paths(self.scopes)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node that each node stands in."""
        found: dict[ast.AST, ast.AST] = {}
        work: list[ast.AST] = [self.tree]
        while work:
            node = work.pop()
            for child in ast.iter_child_nodes(node):
                # Load and Store are shared between nodes and have no place of their own.
                if not isinstance(child, ast.expr_context):
                    found[child] = node
                    work.append(child)
        return found

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        """Every class statement, wherever it stands, in the order of the file."""
        found = [node for node in [self.tree, *self.parents] if isinstance(node, ast.ClassDef)]
        return sorted(found, key=lambda node: (node.lineno, node.col_offset))

    @cached_property
    def model(self) -> ast.ClassDef | None:
        """The model's class: the first class at module level."""
        top = [node for node in self.tree.body if isinstance(node, ast.ClassDef)]
        return top[0] if top else None
