"""CL201."""

from __future__ import annotations

import ast

from policies.allowlist.denied import advice
from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.source import Finding


class Imports(Rule):
    """Only listed modules are imported.

    What: A module is imported when it is on the allowlist: torch and its parts, numpy, PIL, and the pure part
    of the standard library. No relative import, no star, no import in a class body.

    Why: Everything a model needs to compute is there. Everything it could do harm with (files, processes,
    network, code loading) is an import away, and therefore not on the list. An import in a class body would
    make the module an attribute of the model, and so a value.

    Example:
        import os                            # refused
        from torch import *                  # refused
        import torch.nn.functional as F      # accepted
    """

    code = "CL201"
    name = "allow imports of listed modules"

    def visit_Import(self, node: ast.Import, context: Context) -> Findings:
        yield from self._place(node, context)
        for alias in node.names:
            if context.listed.kind(alias.name) not in ("module", "opened"):
                yield self._unlisted(alias, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom, context: Context) -> Findings:
        yield from self._place(node, context)
        if node.level:
            yield self.found(node, "A relative import; the file stands alone.", "Put everything into this one file.")
            return
        module = node.module or ""
        if context.listed.kind(module) not in ("module", "opened"):
            yield self._unlisted(node, module)
            return
        for alias in node.names:
            if alias.name == "*":
                yield self.found(alias, f"from {module} import * hides what is used.", "Import the names you use.")

    def _place(self, node: ast.Import | ast.ImportFrom, context: Context) -> Findings:
        if context.scopes.of[node].kind == "class":
            yield self.found(node, "An import in a class body.", "Import at the top of the file.")

    def _unlisted(self, node: ast.AST, module: str) -> Finding:
        return self.found(node, f"The module {module} can't be imported.", advice(module))
