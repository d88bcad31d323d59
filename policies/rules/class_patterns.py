"""CL702."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule

# Built-in classes whose only positional pattern is the value itself.
_SELF_MATCHING = ("bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple")


class ClassPatterns(Rule):
    """Class patterns ask for the class and nothing in it.

    What: ``case int():`` and ``case str(text):`` are fine, patterns with keywords are not, and positional ones
    only with the built-in classes.

    Why: ``case object(__class__=c):`` reads an attribute without an attribute being written.

    Example:
        case object(__class__=c): ...          # refused
        case torch.Tensor(): ...               # accepted
        case [first, *rest]: ...               # accepted
    """

    code = "CL702"
    name = "allow class patterns without attributes"

    def visit_MatchClass(self, node: ast.MatchClass, context: Context) -> Findings:
        builtin = any(context.is_builtin(node.cls, name) for name in _SELF_MATCHING)
        if node.kwd_patterns or (node.patterns and not builtin):
            yield self.found(
                node, "A class pattern that reads attributes.", "Match the class, then read the attribute."
            )
