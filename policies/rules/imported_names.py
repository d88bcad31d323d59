"""CL202."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.scopes import Binding


class ImportedNames(Rule):
    """An imported name keeps its meaning in its scope.

    What: A name bound by an import is bound by nothing else in the same scope; by a second import, and by
    ``name = None`` where the import failed, and by del, it may. In a function of its own the name is free again.

    Why: Every dotted path is read through the imports. A name that is torch now and something else later makes
    the same line mean two things.

    Example:
        import torch
        torch = helper(torch)                 # refused

        try:
            import numpy as np
        except ImportError:
            np = None                         # accepted
    """

    code = "CL202"
    name = "allow imported names to keep their meaning"

    def of_tree(self, tree: ast.Module, context: Context) -> Findings:
        for scope in context.scopes.all:
            for name, bindings in scope.bindings.items():
                if any(binding.kind == "import" for binding in bindings):
                    for binding in bindings:
                        if binding.kind != "import" and not _fallback(binding, context):
                            yield self.found(
                                binding.node,
                                f"The imported name {name} is bound again.",
                                "Give the other thing a name of its own.",
                            )


def _fallback(binding: Binding, context: Context) -> bool:
    """``np = None`` directly in an except block, or ``del np``, after which the name means nothing."""
    if binding.kind == "delete":
        return True
    is_none = isinstance(binding.value, ast.Constant) and binding.value.value is None
    statement = context.parents.get(binding.node)
    return is_none and isinstance(statement and context.parents.get(statement), ast.ExceptHandler)
