"""CL301."""

from __future__ import annotations

import ast

from policies.allowlist.denied import advice
from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.source import Finding


class DottedPaths(Rule):
    """Only listed names of a module are used.

    What: What is taken out of a module, by ``module.name`` or ``from module import name`` or
    ``getattr(module, "name")``, is on the allowlist. Names are followed through every alias.

    Why: Packages carry other packages in them: torch.os is the operating system, numpy.ctypeslib raw memory,
    torch.load an unpickler. No list of bad names is ever complete; the list of good ones is.

    Example:
        torch.os.system("id")              # refused
        from torch import load             # refused
        torch.softmax(x, dim=-1)           # accepted
    """

    code = "CL301"
    name = "allow listed names of modules"

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        yield from self._taken(node, node.value, node.attr, context)

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        named = context.paths.attribute(node)
        if named is not None:
            yield from self._taken(node, *named, context)

    def visit_ImportFrom(self, node: ast.ImportFrom, context: Context) -> Findings:
        module = node.module or ""
        if node.level or context.listed.kind(module) != "module":
            return
        for alias in node.names:
            path = f"{module}.{alias.name}"
            if alias.name != "*" and context.listed.kind(path) is None:
                yield self._unlisted(alias, path)

    def _taken(self, node: ast.AST, value: ast.expr, name: str, context: Context) -> Findings:
        for module in sorted(context.paths.modules(value)):
            if context.listed.kind(f"{module}.{name}") is None:
                yield self._unlisted(node, f"{module}.{name}")

    def _unlisted(self, node: ast.AST, path: str) -> Finding:
        return self.found(node, f"{path} is not allowed.", advice(path))
