"""CL501."""

from __future__ import annotations

import ast

from policies.attributes import ANY_DUNDERS, DUNDERS, STATE_DUNDERS, STORED_DUNDERS, special
from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.rules.type_and_super import harmless_use

_HINTS = {
    "__dict__": "Name the attributes you need, or use self.named_parameters().",
    "__class__": "Use type(x).__name__ or isinstance.",
    "__file__": "A model has no files.",
    "__annotations__": "Leave type hints to the reader.",
}


class SpecialAttributes(Rule):
    """Of Python's special attributes only the harmless are used.

    What: An attribute with two underscores on both ends is on a short list: protocol methods such as
    super().__init__ and super().__repr__, and texts such as __name__. Of other objects than the model the list is
    shorter. __class__ is used where type(x) would be. Only __name__, __qualname__ and __doc__ are assigned.

    Why: From any object __class__, __mro__, __subclasses__, __globals__ and __builtins__ lead to everything
    that runs in the process.

    Example:
        ().__class__.__base__.__subclasses__()     # refused
        f.__globals__["os"]                        # refused
        self.__class__.__name__                    # accepted
    """

    code = "CL501"
    name = "allow harmless special attributes"

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        name = node.attr
        if not special(name) or context.paths.modules(node.value):
            return
        if name == "__class__" and isinstance(node.ctx, ast.Load) and harmless_use(node, context):
            return
        allowed = _readable(node, context) if isinstance(node.ctx, ast.Load) else STORED_DUNDERS
        if name in STATE_DUNDERS and isinstance(node.value, ast.Call) and context.is_own(node.value):
            return
        if name not in allowed:
            done = "used" if isinstance(node.ctx, ast.Load) else "assigned"
            hint = _HINTS.get(name, "Leave it out; the interpreter's insides are closed.")
            yield self.found(node, f"The special attribute {name} is {done}.", hint)


def _readable(node: ast.Attribute, context: Context) -> frozenset[str]:
    """The special names that may be read here: more of the model, and __init__ of a class for self."""
    call = context.parents.get(node)
    with_self = isinstance(call, ast.Call) and call.func is node and bool(call.args) and context.is_self(call.args[0])
    return DUNDERS if with_self or context.is_own(node.value) else ANY_DUNDERS
