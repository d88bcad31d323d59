"""CL414."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule

_SETITEM = "operator.setitem"


class MemoryViews(Rule):
    """The memory of an array is written through the array.

    What: In a file that uses numpy or PIL, or .numpy() of a tensor, no slice of array.data or of memoryview(...) is
    assigned but with a number, and where slices of something unknown are assigned, array.data goes nowhere but before a
    dot, into torch's and numpy's functions, and into names that are used so. An array is resized without refcheck, and
    resize is called where it stands.

    Why: One view of an array of objects assigned to another copies addresses that nobody counts, and an array that
    was resized unchecked leaves its views over memory that is somebody else's.

    Example:
        a.data[:] = b.data                     # refused
        a.resize(9, refcheck=False)            # refused
        a[:] = b                               # accepted
        layer.weight.data.copy_(weight)        # accepted
    """

    code = "CL414"
    name = "allow memory through arrays"

    def of_tree(self, tree: ast.Module, context: Context) -> Findings:
        if not context.has_arrays:
            return
        views = context.views
        surely = [store for store in views.stores if views.surely_written(store)]
        for store in surely:
            yield self.found(
                store, "A slice of array.data or of a memoryview is assigned.", "Use copy_, or array[...]."
            )
        unknown = [store for store in views.stores if store not in surely and views.unknown(store)]
        if unknown or _SETITEM in context.used_paths:
            for view in views.escaping:
                yield self.found(
                    view, "array.data is handed on in a file that assigns to slices.", "Use .detach(), or the array."
                )

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        for keyword in node.keywords:
            hidden = keyword.arg is None and isinstance(node.func, ast.Attribute) and node.func.attr == "resize"
            if keyword.arg == "refcheck" or (hidden and context.has_arrays):
                yield self.found(keyword.value, "An array is resized unchecked.", "Use np.resize.")

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        parent = context.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if node.attr != "resize" or called or not isinstance(node.ctx, ast.Load) or context.is_own(node.value):
            return
        if context.has_arrays and not context.paths.modules(node.value):
            yield self.found(node, "resize is used as a value.", "Call it where you need it.")
