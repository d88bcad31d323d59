"""CL501."""

from __future__ import annotations

import ast

from policies.attributes import ANY_DUNDERS, DUNDERS, STATE_DUNDERS, STORED_DUNDERS, special
from policies.context import Context
from policies.rules.attributes_by_name import harmless_of_the_model
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
    shorter. __class__ is used where type(x) would be, self.__dict__ where it fills a text that can be read in the
    file, self.__getattr__ and self.__delattr__ where getattr and delattr would be. Only __name__, __qualname__ and
    __doc__ are assigned.

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
        if isinstance(node.ctx, ast.Load) and context.is_self(node.value) and _harmless_of_self(node, context):
            return
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


def _harmless_of_self(node: ast.Attribute, context: Context) -> bool:
    """``"{width}".format(**self.__dict__)``, ``self.__getattr__(f"layer{i}")`` and ``self.__delattr__("head")``."""
    parent = context.parents.get(node)
    if node.attr == "__dict__":
        call = context.parents.get(parent) if isinstance(parent, ast.keyword) and parent.arg is None else None
        return (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "format"
            and (context.texts.of(call.func.value).known is not None)
        )
    if node.attr not in ("__getattr__", "__delattr__") or not isinstance(parent, ast.Call) or parent.func is not node:
        return False
    plain = len(parent.args) == 1 and not parent.keywords and not isinstance(parent.args[0], ast.Starred)
    return plain and harmless_of_the_model(parent.args[0], context, stored=node.attr == "__delattr__")
