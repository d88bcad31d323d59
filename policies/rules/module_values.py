"""CL302."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule

_HINT = "Use the names in it: module.name. For another name of the module write import module as name."
_BY_NAME = 'Write what the name may be: {"relu": nn.ReLU, "gelu": nn.GELU}[name].'


class ModuleValues(Rule):
    """A module is never a value.

    What: A name or path that means a module stands before a dot and nowhere else: it is not assigned, passed,
    returned, stored, indexed or compared, but for ``module is None`` after an import that may fail.

    Why: A module in a variable, a list or an argument can be walked on from where no rule sees it.

    Example:
        tools = [torch, json]              # refused
        def f(m=torch): ...                # refused
        relu = torch.relu                  # accepted: a function, not a module
    """

    code = "CL302"
    name = "allow modules before a dot"

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        yield from self._used(node, context)

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        yield from self._used(node, context)

    def _used(self, node: ast.Name | ast.Attribute, context: Context) -> Findings:
        modules = context.paths.modules(node) if isinstance(node.ctx, ast.Load) else None
        if not modules or _before_a_dot(node, context) or _compared_to_none(node, context):
            return
        parent = context.parents.get(node)
        by_name = isinstance(parent, ast.Call) and context.is_builtin(parent.func, "getattr")
        yield self.found(node, f"The module {min(modules)} is used as a value.", _BY_NAME if by_name else _HINT)


def _before_a_dot(node: ast.expr, context: Context) -> bool:
    parent = context.parents.get(node)
    if isinstance(parent, ast.Call):
        # getattr(module, "name") and hasattr(module, "name") are attributes with a longer name.
        asked = any(context.is_builtin(parent.func, name) for name in ("getattr", "hasattr"))
        literal = len(parent.args) > 1 and isinstance(parent.args[1], ast.Constant)
        return asked and literal and parent.args[0] is node
    return isinstance(parent, ast.Attribute)


def _compared_to_none(node: ast.expr, context: Context) -> bool:
    parent = context.parents.get(node)
    if not isinstance(parent, ast.Compare) or parent.left is not node:
        return False
    to = parent.comparators[0]
    is_none = isinstance(to, ast.Constant) and to.value is None
    return len(parent.ops) == 1 and isinstance(parent.ops[0], ast.Is | ast.IsNot) and is_none
