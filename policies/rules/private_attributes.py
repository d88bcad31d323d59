"""CL503."""

from __future__ import annotations

import ast
import re

from policies.allowlist.entries import library_names
from policies.attributes import PRIVATE, PRIVATE_POWERFUL, own_name
from policies.context import Context
from policies.rules.rule import Findings, Rule

_MANGLED = re.compile(r"^_(\w*?[^_])__\w+$")


class PrivateAttributes(Rule):
    """Private attributes are the model's own.

    What: An attribute that begins with an underscore is taken from self, cls, super() or the class; from other
    objects when the class has one of that name itself and no library does, or when it is one of the names
    ordinary models use (_modules, _asdict, ...).

    Why: Behind private names libraries keep what they did not mean to hand out: modules, raw memory,
    unpicklers. A mangled name (_Other__x) is somebody else's by definition.

    Example:
        array.ctypes._ctypes                   # refused
        tensor._make_subclass                  # refused
        self._scale = 2                        # accepted
        for m in self._modules.values(): ...   # accepted
    """

    code = "CL503"
    name = "allow private attributes of the model"

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        name = node.attr
        if not own_name(name) or context.paths.modules(node.value):
            return
        mangled = _MANGLED.match(name)
        if mangled and not (context.model and mangled.group(1) == context.model.name.lstrip("_")):
            yield self.found(node, f"{name} is another class's private name.", "Use that class's public names.")
        elif not _own(node, context):
            yield self.found(node, f"{name} is private.", "Use the public attribute or method.")


def _own(node: ast.Attribute, context: Context) -> bool:
    if node.attr in PRIVATE_POWERFUL:
        return context.is_self(node.value) and node.attr in context.own_names
    if context.is_own(node.value) or node.attr in PRIVATE:
        return True
    # A library's object must not be opened by giving the model an attribute of the same name.
    return node.attr in context.own_names and node.attr not in library_names()
