"""Which node types exist: RestrictedPython's transformer, used as a checker only.

The tree is never changed: the original source is what runs. RestrictedPython gives the default deny (a node
type without a ``visit_X`` is refused) and the list of harmless nodes. What it would rewrite or is too strict
about is overridden here, because names, attributes, calls and imports are judged by rules of our own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeVar

from RestrictedPython.transformer import RestrictingNodeTransformer

from policies.tree import children

_Node = TypeVar("_Node", bound=ast.AST)

Refuse = Callable[[ast.AST], None]
See = Callable[[ast.AST], None]


class Grammar(RestrictingNodeTransformer):
    """Visits every node of a tree once, without recursion.

    ``see`` is called with each node, ``refuse`` with each whose type is not part of the grammar.
    What lies under a refused node is visited all the same, so that one run reports everything.
    """

    def __init__(self, *, see: See, refuse: Refuse) -> None:
        super().__init__()
        self._see = see
        self._refuse = refuse
        self._work: list[ast.AST] = []

    def run(self, tree: ast.AST) -> None:
        """Visit the whole tree."""
        self._work = [tree]
        while self._work:
            node = self._work.pop()
            self._see(node)
            self.visit(node)

    def node_contents_visit(self, node: _Node) -> _Node:
        """Queue the children instead of recursing: depth must not cost stack."""
        self._work.extend(children(node))
        return node

    def not_allowed(self, node: ast.AST) -> None:
        """Called by RestrictedPython for what it denies, and for every node type it doesn't know."""
        self._refuse(node)
        self.node_contents_visit(node)

    def _allow(self, node: Any) -> Any:
        return self.node_contents_visit(node)

    # Judged by rules of our own; RestrictedPython would rewrite these.
    visit_Module = _allow
    visit_Name = _allow
    visit_Attribute = _allow
    visit_Subscript = _allow
    visit_Call = _allow
    visit_Import = _allow
    visit_ImportFrom = _allow
    visit_Assign = _allow
    visit_AugAssign = _allow
    visit_For = _allow
    visit_With = _allow
    visit_comprehension = _allow
    visit_ExceptHandler = _allow
    visit_FunctionDef = _allow
    visit_Lambda = _allow
    visit_ClassDef = _allow
    visit_NamedExpr = _allow

    # Ordinary Python that RestrictedPython doesn't know or refuses.
    visit_AnnAssign = _allow
    visit_Nonlocal = _allow
    visit_Match = _allow
    visit_match_case = _allow
    visit_MatchValue = _allow
    visit_MatchSingleton = _allow
    visit_MatchSequence = _allow
    visit_MatchMapping = _allow
    visit_MatchStar = _allow
    visit_MatchAs = _allow
    visit_MatchOr = _allow
    visit_MatchClass = _allow  # its keyword patterns are attribute reads: CL705

    def visit_TemplateStr(self, node: ast.AST) -> None:
        """Deny template strings: the sandbox's Python has none."""
        self.not_allowed(node)

    def visit_Interpolation(self, node: ast.AST) -> None:
        """Deny the inside of template strings."""
        self.not_allowed(node)
