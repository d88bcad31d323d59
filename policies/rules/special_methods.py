"""CL506."""

from __future__ import annotations

import ast

from policies.attributes import special
from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.source import Finding

_METHODS = frozenset(
    (
        "__init__ __call__ __repr__ __str__ __len__ __getitem__ __setitem__ __delitem__ __contains__ __iter__ __next__ "
        "__reversed__ __eq__ __ne__ __hash__ __bool__ __lt__ __le__ __gt__ __ge__ __add__ __sub__ __mul__ __truediv__ "
        "__floordiv__ __mod__ __pow__ __matmul__ __neg__ __pos__ __abs__ __invert__ __radd__ __rsub__ __rmul__ "
        "__rtruediv__ __iadd__ __isub__ __imul__ __and__ __or__ __xor__ __int__ __float__ __index__ __round__ "
        "__deepcopy__ __copy__ __getstate__ __setstate__ __post_init__"
    ).split()
)
_CLASS_NAMES = _METHODS | {"__constants__", "__slots__", "__doc__", "__version__", "__jit_unused_properties__"}
_FILE_NAMES = frozenset(
    {
        "__all__",
        "__author__",
        "__copyright__",
        "__credits__",
        "__date__",
        "__doc__",
        "__email__",
        "__license__",
        "__maintainer__",
        "__status__",
        "__version__",
    }
)
_HINTS = {
    "__getattr__": "Assign the attributes in __init__, or use self.register_buffer.",
    "__new__": "Do it in __init__.",
    "__del__": "Leave it out; the sandbox is cleared for you.",
}


class SpecialMethods(Rule):
    """A class defines the special methods of ordinary objects, and no others.

    What: Methods and class variables with two underscores on both ends are on a list: __init__, __call__,
    __repr__, containers, comparison, arithmetic. At the top of the file __all__, __version__ and the like may
    be set. Nowhere else is such a name bound.

    Why: __getattr__ and __getattribute__ answer for names nobody wrote, __reduce__ runs while copying, __del__
    later than anybody looks, __array_interface__ hands numpy an address, __class_getitem__ and
    __init_subclass__ run in places that look like types.

    Example:
        def __reduce__(self): ...              # refused
        __array_interface__ = {...}            # refused
        def __repr__(self): ...                # accepted
    """

    code = "CL506"
    name = "allow ordinary special methods"

    def visit_FunctionDef(self, node: ast.FunctionDef, context: Context) -> Findings:
        if special(node.name):
            allowed = _METHODS if context.scopes.of[node].kind == "class" else frozenset()
            if node.name not in allowed:
                yield self._refused(node, node.name)

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        if isinstance(node.ctx, ast.Load) or not special(node.id):
            return
        kind = context.scopes.of[node].kind
        allowed = {"module": _FILE_NAMES, "class": _CLASS_NAMES}.get(kind, frozenset())
        if node.id not in allowed:
            yield self._refused(node, node.id)

    def visit_arg(self, node: ast.arg, context: Context) -> Findings:
        if special(node.arg):
            yield self._refused(node, node.arg)

    def visit_ExceptHandler(self, node: ast.ExceptHandler, context: Context) -> Findings:
        if node.name and special(node.name):
            yield self._refused(node, node.name)

    def visit_MatchAs(self, node: ast.MatchAs, context: Context) -> Findings:
        if node.name and special(node.name):
            yield self._refused(node, node.name)

    def visit_MatchStar(self, node: ast.MatchStar, context: Context) -> Findings:
        if node.name and special(node.name):
            yield self._refused(node, node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping, context: Context) -> Findings:
        if node.rest and special(node.rest):
            yield self._refused(node, node.rest)

    def visit_alias(self, node: ast.alias, context: Context) -> Findings:
        name = node.asname or node.name
        if special(name) and name != "__version__":
            yield self._refused(node, name)

    def visit_Global(self, node: ast.Global, context: Context) -> Findings:
        for name in node.names:
            if special(name):
                yield self._refused(node, name)

    def visit_keyword(self, node: ast.keyword, context: Context) -> Findings:
        if node.arg and special(node.arg):
            yield self._refused(node, node.arg)

    def _refused(self, node: ast.AST, name: str) -> Finding:
        hint = _HINTS.get(name, "Use an ordinary name.")
        return self.found(node, f"The special name {name} is defined.", hint)
