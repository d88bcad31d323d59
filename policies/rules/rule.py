"""What a rule is: a code, a name that reads as "allow ...", and a ``visit_X`` for each node it looks at."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from policies.source import Finding

if TYPE_CHECKING:
    from policies.context import Context

Findings = Iterable[Finding]


class Rule:
    """One rule of the policy; a subclass's docstring is its page: What, Why, Example.

    Hooks, all optional: ``of_bytes`` sees the file before it is decoded, ``of_text`` before it is parsed,
    ``of_tree`` once with the whole tree, ``visit_X(node, context)`` each node of type X.
    A rule keeps no state: one instance checks every file of the process.
    """

    code: ClassVar[str]
    name: ClassVar[str]

    def of_bytes(self, data: bytes) -> Findings:
        """What is wrong with the file as it came."""
        return ()

    def of_text(self, text: str) -> Findings:
        """What is wrong with the decoded text."""
        return ()

    def of_tree(self, tree: ast.Module, context: Context) -> Findings:
        """What is wrong with the file as a whole."""
        return ()

    def found(self, node: ast.AST | None, message: str, hint: str) -> Finding:
        """A finding of this rule at the node; at the name for an attribute; at the start of the file without one."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        if isinstance(node, ast.Attribute):
            line = node.end_lineno or line
            column = max(0, (node.end_col_offset or 0) - len(node.attr.encode()))
        return Finding(code=self.code, message=message, hint=hint, line=line, byte_column=column)

    def found_at(self, line: int, byte_column: int, message: str, hint: str) -> Finding:
        """A finding of this rule at a place that is no node's."""
        return Finding(code=self.code, message=message, hint=hint, line=line, byte_column=byte_column)
