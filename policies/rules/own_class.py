"""CL507."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.rules.type_and_super import harmless_use


class OwnClass(Rule):
    """Methods are called on an object of the class.

    What: The class's name is called, compared, asked for with isinstance and written in type hints; it is not
    passed on or stored. A method is taken from the class only to be called with self. In the class body a
    method's name is used for properties and for a second name.

    Why: In a method self stands for the model, and the rules let it have names that are closed elsewhere.
    Called with another object, the same method would open that object.

    Example:
        Net.show(other)                        # refused: other is no Net
        table = {"a": Net}                     # refused
        Net.forward(self, x)                   # accepted
        model = Net()                          # accepted
    """

    code = "CL507"
    name = "allow methods on objects of the class"

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        if not isinstance(node.ctx, ast.Load) or context.model is None:
            return
        bindings, _ = context.bindings(node)
        if any(each.node is context.model for each in bindings) or context.is_class_argument(node):
            yield from self._class(node, context)
            return
        in_class = context.scopes.of[node].kind == "class"
        if in_class and any(each.node in context.method_nodes for each in bindings) and not _renamed(node, context):
            yield self.found(node, f"The method {node.id} is used as a value.", f"Use self.{node.id}.")

    def _class(self, node: ast.Name, context: Context) -> Findings:
        parent = context.parents.get(node)
        if isinstance(parent, ast.Attribute):
            call = context.parents.get(parent)
            on_self = isinstance(call, ast.Call) and call.func is parent and bool(call.args)
            with_self = on_self and isinstance(call, ast.Call) and context.is_self(call.args[0])
            if parent.attr in context.method_names and not with_self:
                yield self.found(parent, f"The method {parent.attr} is taken from the class.", "Call it on self.")
        elif isinstance(parent, ast.ClassDef):
            return  # a second class is refused as such
        elif not (_called(parent, node) or context.in_annotation(node) or harmless_use(node, context)):
            yield self.found(node, f"The class {node.id} is used as a value.", f"Use an object: {node.id}().")


def _called(parent: ast.AST | None, node: ast.Name) -> bool:
    return isinstance(parent, ast.Call) and parent.func is node


def _renamed(node: ast.Name, context: Context) -> bool:
    """``other = method``, ``size = property(get_size)``, ``@size.setter``."""
    parent = context.parents.get(node)
    if isinstance(parent, ast.Call):
        return context.is_builtin(parent.func, "property")
    if isinstance(parent, ast.Attribute):
        return parent.attr in ("setter", "getter", "deleter")
    return isinstance(parent, ast.Assign) and parent.value is node
