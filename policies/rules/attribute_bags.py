"""CL405."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule

_PARAMETERS = frozenset(
    {"torch.nn.ParameterDict", "torch.nn.modules.ParameterDict", "torch.nn.modules.container.ParameterDict"}
)
_NAMESPACE = frozenset({"types.SimpleNamespace"})


class AttributeBags(Rule):
    """Objects with attributes of any name stay away from arrays.

    What: In a file that uses numpy or PIL, or .numpy() of a tensor, types.SimpleNamespace is called with plain
    keywords only, and nn.ParameterDict is closed.

    Why: Both take names made at run time, __array_interface__ among them, and numpy believes the address that
    such an attribute holds.

    Example:
        import numpy as np
        SimpleNamespace(**settings)            # refused
        SimpleNamespace(width=3)               # accepted
    """

    code = "CL405"
    name = "allow attribute bags without arrays"

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        yield from self._used(node, context)

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        yield from self._used(node, context)

    def _used(self, node: ast.Name | ast.Attribute, context: Context) -> Findings:
        if not isinstance(node.ctx, ast.Load):
            return
        paths = context.paths.of(node)
        if not paths & (_PARAMETERS | _NAMESPACE) or not context.has_arrays:
            return
        parent = context.parents.get(node)
        if paths & _PARAMETERS:
            if not context.in_annotation(node):
                yield self.found(node, "nn.ParameterDict in a file with arrays.", "Use self.register_parameter.")
        elif not _plainly_called(parent, node) and not context.in_annotation(node):
            yield self.found(node, "SimpleNamespace without plain keywords.", "Write SimpleNamespace(name=value, ...).")


def _plainly_called(parent: ast.AST | None, node: ast.expr) -> bool:
    called = isinstance(parent, ast.Call) and parent.func is node
    if not called:
        return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "isinstance"
    return isinstance(parent, ast.Call) and not parent.args and all(each.arg for each in parent.keywords)
