"""CL407."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.sharp import ARRAY

_ASKING = frozenset({"typing.get_args", "typing.get_origin"})


class ArrayClass(Rule):
    """numpy.ndarray is asked for, not called.

    What: numpy.ndarray stands in isinstance and issubclass, in comparisons, class patterns and type hints. It is
    not called, passed on or stored, and an array's class is not called with a buffer.

    Why: numpy.ndarray(shape, object, buffer) takes the bytes of the buffer for addresses of objects.

    Example:
        np.ndarray((1,), object, data)         # refused
        np.empty((1,))                         # accepted
        isinstance(x, np.ndarray)              # accepted
    """

    code = "CL407"
    name = "allow arrays made by functions"

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        yield from self._used(node, context)

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        yield from self._used(node, context)

    def visit_keyword(self, node: ast.keyword, context: Context) -> Findings:
        call = context.parents.get(node)
        if node.arg == "buffer" and isinstance(call, ast.Call) and _a_class_of(call.func, context):
            yield self.found(node.value, "A class is called with a buffer.", "Use np.frombuffer.")

    def _used(self, node: ast.Name | ast.Attribute, context: Context) -> Findings:
        if isinstance(node.ctx, ast.Load) and context.paths.of(node) & ARRAY and not _asked_for(node, context):
            yield self.found(node, f"{ast.unparse(node)[:60]} is used as a value.", "Use np.empty or np.array.")


def _asked_for(node: ast.expr, context: Context) -> bool:
    parent, child = context.parents.get(node), node
    while isinstance(parent, ast.Tuple | ast.BinOp):
        child, parent = parent, context.parents.get(parent)
    if isinstance(parent, ast.Subscript):
        return context.in_annotation(node) or (not context.used_paths & _ASKING and _hint(parent, node, context))
    if isinstance(parent, ast.Call):
        asking = any(context.is_builtin(parent.func, name) for name in ("isinstance", "issubclass"))
        return asking and child in parent.args[1:]
    if isinstance(parent, ast.Assign | ast.AnnAssign):
        # Another name for it is followed to where it is used.
        return parent.value is node and _one_name(parent) and context.scopes.of[node].kind != "class"
    return isinstance(parent, ast.Compare | ast.MatchClass | ast.Attribute) or context.in_annotation(node)


def _hint(subscript: ast.Subscript, node: ast.expr, context: Context) -> bool:
    """``Union[np.ndarray, list]``; and ``Rows = np.ndarray[...]``, where Rows only stands in type hints."""
    if subscript.value is not node:
        return True
    parent = context.parents.get(subscript)
    if _in_a_hint(subscript, context):
        return True
    if not isinstance(parent, ast.Assign | ast.AnnAssign) or not _one_name(parent):
        return False
    names = {each.id for each in ast.walk(parent) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    uses = [each for each in context.parents if isinstance(each, ast.Name) and each.id in names]
    return context.scopes.of[parent].kind != "class" and all(
        isinstance(each.ctx, ast.Store) or context.in_annotation(each) or _in_a_hint(each, context) for each in uses
    )


def _in_a_hint(node: ast.expr, context: Context) -> bool:
    """``Optional[Rows]``."""
    parent = context.parents.get(node)
    while isinstance(parent, ast.Tuple):
        node, parent = parent, context.parents.get(parent)
    return isinstance(parent, ast.Subscript) and parent.slice is node


def _one_name(node: ast.Assign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return all(isinstance(target, ast.Name) for target in targets)


def _a_class_of(function: ast.expr, context: Context) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr == "__class__"
    return isinstance(function, ast.Call) and context.is_builtin(function.func, "type")
