"""CL504."""

from __future__ import annotations

import ast

from policies.attributes import ALWAYS, POWERFUL
from policies.context import Context
from policies.rules.rule import Findings, Rule


class PowerfulAttributes(Rule):
    """Methods that reach files, raw memory or modules are not used.

    What: A list of attribute names (tofile, dump, ctypes, untyped_storage, compile, system, os, ...) is closed
    on every object. self.name is open when the class itself gives it that name, and the func of a partial may be
    compared with something imported.

    Why: Tensors and arrays write files, hand out addresses and map memory; a value that is a module by mistake
    must not be walked on from.

    Example:
        array.tofile("/tmp/x")                 # refused
        x.untyped_storage().from_file("f")     # refused
        self.storage = {}                      # accepted: the model's own
        norm.func == nn.InstanceNorm2d         # accepted
    """

    code = "CL504"
    name = "allow attributes without power"

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        if node.attr not in POWERFUL or context.paths.modules(node.value):
            return
        if node.attr == "func" and _compared(node, context):
            return
        own = context.is_own(node.value) and node.attr in context.own_names
        if node.attr in ALWAYS or not own:
            yield self.found(node, f"The attribute {node.attr} is closed.", POWERFUL[node.attr])


def _compared(node: ast.Attribute, context: Context) -> bool:
    """``norm_layer.func == nn.InstanceNorm2d``: whoever is compared with is imported, and so keeps nothing of it."""
    parent = context.parents.get(node)
    if not isinstance(parent, ast.Compare) or parent.left is not node or len(parent.ops) != 1:
        return False
    plain = isinstance(parent.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot)
    return plain and bool(context.paths.surely(parent.comparators[0]))
