"""CL405."""

from __future__ import annotations

import ast

from policies.attributes import REGISTRIES, STATE_DUNDERS, special
from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.sharp import NAMESPACE, PARAMETER_DICT
from policies.source import Finding

_REGISTER = "Use self.register_buffer, register_parameter or register_module."
_APPLY = "_apply"  # puts what a function gives in the place of every buffer
_READERS = frozenset({"items", "values", "keys", "get"})
# Built-ins that make something new of what they are given.
_COPIERS = ("len", "list", "dict", "tuple", "set", "sorted", "enumerate", "reversed", "bool", "any", "all")


class AttributeBags(Rule):
    """Objects with attributes of any name stay away from arrays.

    What: In a file that uses numpy or PIL, or .numpy() of a tensor, types.SimpleNamespace is called with keywords
    only, ** of a dict that is written out in the file among them, nn.ParameterDict, __getstate__ and __setstate__
    are closed, _buffers, _parameters and _modules are read, looped over, or assigned to by a literal key, and _apply
    hands on, by super()._apply(fn), what it was given.

    Why: All of them take names made at run time, __array_interface__ among them, and numpy believes the address
    that such an attribute holds.

    Example:
        import numpy as np
        SimpleNamespace(**json.loads(x))       # refused
        SimpleNamespace(width=3)               # accepted
        self._buffers[name] = value            # refused
        self.register_buffer(name, value)      # accepted
    """

    code = "CL405"
    name = "allow attribute bags without arrays"

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        yield from self._used(node, context)

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        yield from self._used(node, context)
        if node.attr in REGISTRIES and context.has_arrays and not _only_read(node, context):
            yield self.found(node, f"{node.attr} is changed or handed on in a file with arrays.", _REGISTER)
        if node.attr in STATE_DUNDERS and context.has_arrays:
            yield self._state(node)
        if node.attr == _APPLY and context.has_arrays and not _handed_up(node, context):
            yield self.found(node, "_apply in a file with arrays.", "Use to, float or register_buffer.")

    def visit_FunctionDef(self, node: ast.FunctionDef, context: Context) -> Findings:
        if node.name in STATE_DUNDERS and context.has_arrays:
            yield self._state(node)

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        asked = context.is_builtin(node.func, "getattr") and len(node.args) > 1
        if (
            asked
            and context.has_arrays
            and (context.texts.of(node.args[1]).known or frozenset()) & (REGISTRIES | {_APPLY})
        ):
            yield self.found(node, "A registry is asked for by name in a file with arrays.", _REGISTER)

    def _state(self, node: ast.AST) -> Finding:
        return self.found(
            node, "An object's state in a file with arrays.", "Use state_dict, get_extra_state and set_extra_state."
        )

    def _used(self, node: ast.Name | ast.Attribute, context: Context) -> Findings:
        if not isinstance(node.ctx, ast.Load):
            return
        paths = context.paths.of(node)
        if not paths & (PARAMETER_DICT | NAMESPACE) or not context.has_arrays:
            return
        parent = context.parents.get(node)
        if paths & PARAMETER_DICT:
            if not context.in_annotation(node):
                yield self.found(node, "nn.ParameterDict in a file with arrays.", "Use self.register_parameter.")
        elif not _plainly_called(parent, node, context) and not context.in_annotation(node):
            yield self.found(node, "SimpleNamespace without plain keywords.", "Write SimpleNamespace(name=value, ...).")


def _handed_up(node: ast.Attribute, context: Context) -> bool:
    """``super()._apply(fn)`` in ``def _apply(self, fn)``."""
    call = context.parents.get(node)
    if not isinstance(call, ast.Call) or call.func is not node or not call.args:
        return False
    if any(each.arg != "recurse" for each in call.keywords):
        return False
    given, above = call.args[0], isinstance(node.value, ast.Call) and context.is_builtin(node.value.func, "super")
    if not above or not isinstance(given, ast.Name):
        return False
    bindings, _ = context.bindings(given)
    functions = [context.parents.get(context.parents[each.node]) for each in bindings if each.kind == "argument"]
    return len(functions) == len(bindings) > 0 and all(
        isinstance(each, ast.FunctionDef) and each.name == _APPLY and each in context.method_nodes for each in functions
    )


def _plainly_called(parent: ast.AST | None, node: ast.expr, context: Context) -> bool:
    called = isinstance(parent, ast.Call) and parent.func is node
    if not called:
        return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "isinstance"
    plain = isinstance(parent, ast.Call) and not parent.args
    return plain and all(each.arg or _settings(each.value, context) for each in getattr(parent, "keywords", ()))


def _settings(node: ast.expr, context: Context) -> bool:
    """Whether this is a dict whose keys stand in the file: written out, or a constant of the file that only is read."""
    if isinstance(node, ast.Dict):
        return all(isinstance(key, ast.Constant) and not special(str(key.value)) for key in node.keys)
    if not isinstance(node, ast.Name):
        return False
    bindings, _ = context.bindings(node)
    known = all(each.kind == "assign" and each.value and _settings(each.value, context) for each in bindings)
    uses = [each for each in context.parents if isinstance(each, ast.Name) and each.id == node.id]
    read = all(isinstance(each.ctx, ast.Store) or _only_read(each, context) for each in uses)
    return bool(bindings) and known and read


def _only_read(node: ast.Attribute | ast.Name, context: Context) -> bool:
    """Whether the dict is looped over, asked, copied, or given something under a name that can be read here."""
    parent = context.parents.get(node)
    if not isinstance(node.ctx, ast.Load):
        return False
    if isinstance(parent, ast.Attribute):
        return parent.attr in _READERS and isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return isinstance(parent.ctx, ast.Load) or _harmless_key(parent.slice, context)
    if isinstance(parent, ast.Call):
        return parent.func is not node and any(context.is_builtin(parent.func, name) for name in _COPIERS)
    if isinstance(parent, ast.keyword):
        return parent.arg is None
    return isinstance(parent, ast.For | ast.comprehension | ast.Compare | ast.If | ast.UnaryOp | ast.Dict) and not (
        isinstance(parent, ast.Dict) and parent.keys[parent.values.index(node)] is not None
    )


def _harmless_key(key: ast.expr, context: Context) -> bool:
    text = context.texts.of(key)
    if text.known is None:
        return bool(text.prefix) and not text.prefix.startswith("_")
    return not any(special(name) for name in text.known)
