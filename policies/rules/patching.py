"""CL801."""

from __future__ import annotations

import ast

from policies.allowlist.picked import SETTABLE
from policies.builtins import PLAIN, SPECIAL
from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.source import Finding


class Patching(Rule):
    """Imported things stay as they are.

    What: No attribute or item of a module, of something imported or of a built-in is assigned or deleted, in
    whatever form, and no attribute of type(x). A few switches of torch and PIL may be set.

    Why: torch.nn.Module.__call__ = f changes torch for every model in the process, and for the code around it
    that measures and limits.

    Example:
        torch.nn.Linear.forward = f                # refused
        setattr(torch, "relu", f)                  # refused
        torch.backends.cudnn.benchmark = True      # accepted
        self.layer.weight = self.embedding.weight  # accepted
    """

    code = "CL801"
    name = "allow imported things to stay as they are"

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        if isinstance(node.ctx, ast.Load) or context.paths.of(node) & SETTABLE:
            return
        if _foreign(node.value, context):
            yield self._refused(node)

    def visit_Subscript(self, node: ast.Subscript, context: Context) -> Findings:
        if not isinstance(node.ctx, ast.Load) and _foreign(node.value, context):
            yield self._refused(node)

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        stores = any(context.is_builtin(node.func, name) for name in ("setattr", "delattr"))
        if stores and node.args and _foreign(node.args[0], context):
            yield self._refused(node)

    def _refused(self, node: ast.AST) -> Finding:
        return self.found(node, "Something imported is changed.", "Change your own class, or self.")


def _foreign(node: ast.expr, context: Context) -> bool:
    """Whether the expression is, or lies in, something imported, a built-in or somebody's class."""
    root = node
    while isinstance(root, ast.Attribute | ast.Subscript):
        if isinstance(root, ast.Attribute) and root.attr == "__class__":
            return not context.is_self(root.value)
        root = root.value
    if isinstance(root, ast.Call):
        return context.is_builtin(root.func, "type") and not (root.args and context.is_self(root.args[0]))
    builtin = isinstance(root, ast.Name) and root.id in PLAIN | SPECIAL and not context.bindings(root)[0]
    return builtin or context.paths.rooted(root) or (isinstance(root, ast.Name) and _given(root, context))


def _given(name: ast.Name, context: Context) -> bool:
    """Whether the name is an argument and some call gives it a class or a function that is imported."""
    arguments = [each.node for each in context.bindings(name)[0] if isinstance(each.node, ast.arg)]
    return any(context.paths.of(value) for each in arguments for value in context.functions.given(each) or ())
