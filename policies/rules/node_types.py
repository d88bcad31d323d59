"""CL006."""

from __future__ import annotations

import ast

from policies.rules.rule import Rule
from policies.source import Finding

# What people say for the node types they can write under the sandbox's grammar.
_WORDS = {
    "AsyncFunctionDef": "An async function",
    "Await": "An await expression",
    "AsyncFor": "An async for loop",
    "AsyncWith": "An async with block",
    "TryStar": "An except* block",
}
_HINTS = {
    "TryStar": "Use except (A, B) as error.",
}


class NodeTypes(Rule):
    """Only the kinds of statement and expression on the list exist.

    What: Each kind of node of Python's grammar is allowed by name; what the list doesn't know is refused.
    Refused today: everything async, and except*.

    Why: New syntax brings new ways around a check (except* handed out exception groups nobody looked into,
    CVE-2025-22153). A model answers one call at a time in its own process: async gives it nothing.

    Example:
        async def predict_single(self, x): ...     # refused
        def predict_single(self, x): ...           # accepted
    """

    code = "CL006"
    name = "allow known syntax"

    def refused(self, node: ast.AST) -> Finding:
        """The finding for a node that the grammar doesn't know."""
        kind = type(node).__name__
        return self.found(
            node,
            f"{_WORDS.get(kind, f'The syntax {kind}')} is not allowed.",
            _HINTS.get(kind, "Write it with ordinary functions, loops and calls."),
        )
