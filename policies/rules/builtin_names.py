"""CL303."""

from __future__ import annotations

import ast

from policies.builtins import BY_NAME, EVERY, HINTS, PLAIN, RESERVED, SPECIAL
from policies.context import Context
from policies.rules.rule import Findings, Rule


class BuiltinNames(Rule):
    """Names are defined in the file, imported, or harmless built-ins.

    What: A name that the file doesn't bind is a built-in from the list. getattr, setattr, delattr, hasattr,
    super and type may be called, never passed on. A name that is nowhere defined is refused too.

    Why: eval, exec, compile, open, __import__, globals and vars undo every other rule. A name nobody defined
    may still be one at run time.

    Example:
        eval("1 + 1")                      # refused
        list(map(getattr, xs, names))      # refused
        def forward(self, input): ...      # accepted: an argument, not the built-in
    """

    code = "CL303"
    name = "allow harmless built-in names"

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        if not isinstance(node.ctx, ast.Load):
            return
        bindings, falls_through = context.bindings(node)
        if bindings:
            # A class body reads the built-in as long as its own name is unbound, or after a del.
            inside = context.scopes.of[node].kind == "class" and node.id in context.scopes.of[node].bindings
            if falls_through and inside and node.id in RESERVED:
                yield self.found(node, f"The built-in {node.id} may be meant here.", "Rename the class's own.")
        elif node.id in SPECIAL:
            yield from self._special(node, context)
        elif node.id not in PLAIN:
            what = f"The built-in {node.id} is not allowed." if node.id in EVERY else f"{node.id} is not defined."
            yield self.found(node, what, HINTS.get(node.id, "Define it in this file, or import it."))

    def _special(self, node: ast.Name, context: Context) -> Findings:
        parent = context.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if called or (node.id == "type" and _type_as_a_type(node, context)):
            return
        what = "by name" if node.id in BY_NAME else "of its own"
        yield self.found(
            node,
            f"The built-in {node.id} is used as a value.",
            f"Call it directly; a function {what} can be a lambda.",
        )


def _type_as_a_type(node: ast.Name, context: Context) -> bool:
    """``isinstance(x, type)`` and type hints."""
    given: ast.AST = node
    parent = context.parents.get(node)
    if isinstance(parent, ast.Tuple):
        given, parent = parent, context.parents.get(parent)
    if isinstance(parent, ast.Call) and context.is_builtin(parent.func, "isinstance"):
        return given in parent.args[1:]
    return context.in_annotation(node)
