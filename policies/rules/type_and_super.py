"""CL402."""

from __future__ import annotations

import ast

from policies.builtins import PLAIN
from policies.context import Context
from policies.rules.rule import Findings, Rule

_TEXTS = ("__name__", "__qualname__", "__module__")
_TYPE_ARGUMENTS = 3  # type(name, bases, namespace) makes a class


class TypeAndSuper(Rule):
    """type(x) asks for a class, super() calls the next method.

    What: type has one argument, and what it gives is compared, shown, or called with at most two arguments.
    super() has none, or the class and self, and stands before a dot.

    Why: type with three arguments makes classes that no rule has seen, with any special method. The class of a
    class is type itself.

    Example:
        type("X", (), {"__reduce__": f})       # refused
        type(type(x))                          # refused
        type(x).__name__                       # accepted
        super().__init__()                     # accepted
    """

    code = "CL402"
    name = "allow type(x) and super()"

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        if context.is_builtin(node.func, "type"):
            if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
                yield self.found(node, "type is called with other than one argument.", "Write the class as a class.")
            elif not harmless_use(node, context):
                yield self.found(
                    node,
                    "The class that type() gives is used as a value.",
                    "Use isinstance, type(x).__name__ or a comparison.",
                )
        elif context.is_builtin(node.func, "super"):
            yield from self._super(node, context)

    def _super(self, node: ast.Call, context: Context) -> Findings:
        plain = not node.keywords and not any(isinstance(each, ast.Starred) for each in node.args)
        if not plain or len(node.args) not in (0, 2):
            yield self.found(node, "super is called with unusual arguments.", "Write super().")
        elif not isinstance(context.parents.get(node), ast.Attribute):
            yield self.found(node, "super() is used as a value.", "Write super().method(...).")


def harmless_use(node: ast.expr, context: Context) -> bool:
    """Whether a class that an expression gives is only compared, shown or called like a constructor."""
    parent, child = context.parents.get(node), node
    while isinstance(parent, ast.Tuple):
        child, parent = parent, context.parents.get(parent)
    if isinstance(parent, ast.Attribute):
        return parent.attr in _TEXTS or _class_variable(parent, child, context)
    if isinstance(parent, ast.Call):
        return _called(parent, child, context)
    if isinstance(parent, ast.BinOp):
        return isinstance(parent.op, ast.Mod) and parent.right is child
    if isinstance(parent, ast.Subscript):
        return parent.slice is child
    return isinstance(parent, ast.Compare | ast.FormattedValue | ast.Expr)


def _class_variable(taken: ast.Attribute, child: ast.expr, context: Context) -> bool:
    """``type(self).count`` and ``self.__class__.count``, where the class has a count that is no method."""
    asked = child.args[0] if isinstance(child, ast.Call) and child.args else getattr(child, "value", None)
    if not isinstance(asked, ast.Name) or not context.is_self(asked) or context.model is None:
        return False
    names = context.scopes.inside[context.model].bindings
    return taken.attr in names and taken.attr not in context.method_names


def _called(call: ast.Call, child: ast.expr, context: Context) -> bool:
    if call.func is child:
        few = len(call.args) < _TYPE_ARGUMENTS
        return few and not any(isinstance(each, ast.Starred) for each in call.args) and _named(call)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "format":
        return True
    if not isinstance(call.func, ast.Name):
        return False
    shown = call.func.id in ("isinstance", "issubclass", "print", "str", "repr", "hash", "id", "super")
    raised = call.func.id in PLAIN and call.func.id.endswith(("Error", "Exception", "Warning"))
    return not context.bindings(call.func)[0] and (shown or raised)


def _named(call: ast.Call) -> bool:
    """No ``**`` among the keywords."""
    return all(keyword.arg is not None for keyword in call.keywords)
