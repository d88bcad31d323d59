"""CL404."""

from __future__ import annotations

import ast

from policies.buffers import entered
from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.sharp import OPEN_PICTURE

_MEMORY = frozenset({"io.BytesIO", "io.StringIO"})
_STEPS = 4


class BytesOnly(Rule):
    """Images are opened from bytes and saved to bytes.

    What: PIL.Image.open and .save(...) are called with an io.BytesIO as their first argument: made on the spot,
    or a name that is bound to one and nothing else.

    Why: With a text they read and write files. With bytes they are harmless, and it is what a model that gets
    an image as input needs.

    Example:
        Image.open("/etc/passwd")              # refused
        image.save("out.png")                  # refused
        Image.open(io.BytesIO(x))              # accepted
    """

    code = "CL404"
    name = "allow images in memory"

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        if context.paths.of(node.func) & OPEN_PICTURE and not _in_memory(node, "fp", context):
            yield self.found(
                node, "PIL.Image.open with something else than io.BytesIO.", "Write Image.open(io.BytesIO(data))."
            )
        if _saves(node.func, context) and not _in_memory(node, "fp", context):
            yield self.found(
                node,
                ".save(...) with something else than io.BytesIO.",
                "Write buffer = io.BytesIO(); image.save(buffer, 'PNG'); return buffer.getvalue().",
            )

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        parent = context.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if called or not isinstance(node.ctx, ast.Load):
            return
        if _saves(node, context) or context.paths.of(node) & OPEN_PICTURE:
            yield self.found(node, f"{node.attr} is used as a value.", "Call it with an io.BytesIO.")

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        parent = context.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if isinstance(node.ctx, ast.Load) and not called and context.paths.of(node) & OPEN_PICTURE:
            yield self.found(node, f"{node.id} is used as a value.", "Call it with an io.BytesIO.")


def _saves(function: ast.expr, context: Context) -> bool:
    """A method called save, of anything but a module and the model's own."""
    if not isinstance(function, ast.Attribute) or function.attr != "save":
        return False
    own = context.is_own(function.value) and "save" in context.own_names
    return not own and not context.paths.modules(function.value)


def _in_memory(call: ast.Call, keyword: str, context: Context) -> bool:
    given = call.args[:1] or [each.value for each in call.keywords if each.arg == keyword]
    return bool(given) and _is_buffer(given[0], context, _STEPS)


def _is_buffer(node: ast.expr, context: Context, steps: int) -> bool:
    if isinstance(node, ast.Call):
        paths = context.paths.surely(node.func)
        return bool(paths) and paths <= _MEMORY
    if isinstance(node, ast.NamedExpr):
        return _is_buffer(node.value, context, steps)
    if not isinstance(node, ast.Name) or steps == 0:
        return False
    bindings, _ = context.bindings(node)
    values = [each.value or entered(each.node, context) for each in bindings if each.kind != "delete"]
    return bool(values) and all(value is not None and _is_buffer(value, context, steps - 1) for value in values)
