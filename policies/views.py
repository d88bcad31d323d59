"""Where a view of an array's memory may go in a file: ``array.data`` and ``memoryview(array)``.

Such a view of an array of objects copies addresses when another is assigned to a slice of it, and counts nobody's
references. A tensor's ``data`` is spelled the same and harmless, so only what ends in such an assignment matters.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.context import Context

_VIEW = "data"
_MAKER = "memoryview"
_STEPS = 6
_LIBRARIES = ("torch", "numpy", "math")
_HARMLESS_METHODS = frozenset({"__init__", "__call__", "__len__", "__repr__", "__str__", "__iter__", "__getitem__"})
_FUNCTIONS = """
    arange cat empty eye from_numpy full linspace nn.Parameter nn.functional.normalize nn.functional.one_hot
    nn.functional.softmax ones rand randn stack tensor zeros
    """
_TENSORS = frozenset(f"torch.{name}" for name in _FUNCTIONS.split())
_MADE = (ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.BinOp, ast.Constant)


class Views:
    """Looks for views and for assignments that may write into one."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @cached_property
    def escaping(self) -> list[ast.expr]:
        """The views that go where they can't be followed, outermost expression each."""
        return [node for node in self._made if not self._followed(node, _STEPS)]

    @cached_property
    def stores(self) -> list[ast.expr]:
        """The assignments to a slice of what may be a view."""
        subscripts = (node for node in self._context.parents if isinstance(node, ast.Subscript))
        return [node for node in subscripts if isinstance(node.ctx, ast.Store) and self._sliced(node)]

    def surely_written(self, store: ast.expr) -> bool:
        """Whether the assignment is to a slice of a view on the spot: ``array.data[:] = ...``."""
        base = store.value if isinstance(store, ast.Subscript) else store
        while isinstance(base, ast.Subscript):
            base = base.value
        return self._view(base) or (isinstance(base, ast.Name) and self._bound_to_a_view(base))

    def unknown(self, store: ast.expr) -> bool:
        """Whether what is assigned to may be anything, a view among it."""
        base = store.value if isinstance(store, ast.Subscript) else store
        if isinstance(base, ast.Attribute) and self._context.is_self(base.value):
            values = [value for name, value in self._attributes if name == base.attr]
            return not values or not all(value is not None and self._new(value) for value in values)
        if not isinstance(base, ast.Name):
            return True
        bindings = self._context.bindings(base)[0]
        return not bindings or not all(each.value is not None and self._new(each.value) for each in bindings)

    @cached_property
    def _attributes(self) -> list[tuple[str, ast.expr | None]]:
        found: list[tuple[str, ast.expr | None]] = []
        for node, parent in self._context.parents.items():
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                value = parent.value if isinstance(parent, ast.Assign | ast.AnnAssign) else None
                found.append((node.attr, value))
        return found

    def _new(self, value: ast.expr) -> bool:
        """Whether the value is made by a library's function, or on the spot: no view of what was there before."""
        if isinstance(value, ast.Call):
            paths = self._context.paths.surely(value.func)
            named = any(self._context.is_builtin(value.func, name) for name in ("list", "dict", "bytearray"))
            return named or (bool(paths) and all(path.partition(".")[0] in _LIBRARIES for path in paths))
        return isinstance(value, _MADE)

    @cached_property
    def _made(self) -> list[ast.expr]:
        return [node for node in self._context.parents if isinstance(node, ast.expr) and self._view(node)]

    def _view(self, node: ast.AST) -> bool:
        context = self._context
        if isinstance(node, ast.Attribute):
            return node.attr == _VIEW and isinstance(node.ctx, ast.Load) and not context.paths.modules(node.value)
        if isinstance(node, ast.Name):
            return context.is_builtin(node, _MAKER) and not self._called_or_asked(node)
        if not isinstance(node, ast.Call):
            return False
        if context.is_builtin(node.func, _MAKER):
            return not all(context.buffers.safe(each) for each in node.args)
        asked = context.is_builtin(node.func, "getattr") and len(node.args) > 1
        known = context.texts.of(node.args[1]).known if asked else None
        return known is not None and _VIEW in known

    def _called_or_asked(self, node: ast.Name) -> bool:
        """``memoryview(x)``, ``isinstance(x, (bytes, memoryview))`` and type hints."""
        child: ast.AST = node
        parent = self._context.parents.get(node)
        while isinstance(parent, ast.Tuple):
            child, parent = parent, self._context.parents.get(parent)
        asked = isinstance(parent, ast.Call) and self._context.is_builtin(parent.func, "isinstance")
        called = isinstance(parent, ast.Call) and parent.func is child
        return asked or called or self._context.in_annotation(node)

    def _bound_to_a_view(self, name: ast.Name) -> bool:
        return any(each.value is not None and self._view(each.value) for each in self._context.bindings(name)[0])

    def _sliced(self, node: ast.Subscript) -> bool:
        """Whether the index may be a slice and the value may be memory; a number is none, and a view has one axis."""
        index = node.slice
        if isinstance(index, ast.Constant | ast.Tuple | ast.UnaryOp | ast.Compare | ast.BinOp):
            return False
        statement = self._context.parents.get(node)
        value = statement.value if isinstance(statement, ast.Assign) else None
        number = value.operand if isinstance(value, ast.UnaryOp) else value
        harmless = isinstance(statement, ast.AugAssign) or isinstance(number, ast.Constant)
        return not harmless and not (value is not None and self._tensor(value, _STEPS))

    def _tensor(self, value: ast.expr, steps: int) -> bool:
        """Whether the value is a tensor that a function just made, or what its methods give: no memory to assign."""
        while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            if self._context.paths.surely(value.func):
                break
            value = value.func.value
        if isinstance(value, ast.Name) and steps:
            values = [each.value for each in self._context.bindings(value)[0]]
            return bool(values) and all(each is not None and self._tensor(each, steps - 1) for each in values)
        made = self._context.paths.surely(value.func) if isinstance(value, ast.Call) else frozenset()
        return bool(made) and made <= _TENSORS

    def _followed(self, node: ast.expr, steps: int) -> bool:
        """Whether the view is used up where it stands, or everything that its name is used for is."""
        context = self._context
        parent = context.parents.get(node)
        if steps == 0:
            return False
        if isinstance(parent, ast.Subscript):
            return parent.value is not node or isinstance(parent.ctx, ast.Store) or self._followed(parent, steps - 1)
        if isinstance(parent, ast.Assign):
            return self._named(parent, steps)
        if isinstance(parent, ast.BinOp | ast.Compare | ast.UnaryOp):
            return not self._own_operators
        call = context.parents.get(parent) if isinstance(parent, ast.keyword) else parent
        if isinstance(call, ast.Call):
            return self._harmless_call(call)
        return isinstance(parent, ast.Attribute | ast.FormattedValue | ast.Expr | ast.If | ast.For)

    def _named(self, statement: ast.Assign, steps: int) -> bool:
        """``w = m.weight.data``, where every use of w is followed; and ``p.data = q.data``."""
        if all(isinstance(each, ast.Attribute) and each.attr == _VIEW for each in statement.targets):
            return True
        names = {each.id for each in statement.targets if isinstance(each, ast.Name)}
        plain = len(names) == len(statement.targets)
        return plain and all(self._followed(use, steps - 1) for use in self._reads(names))

    def _reads(self, names: set[str]) -> Iterator[ast.Name]:
        for node in self._context.parents:
            if isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load):
                yield node

    def _harmless_call(self, call: ast.Call) -> bool:
        """A function of a library, or a method of that name that the file doesn't have."""
        paths = self._context.paths.surely(call.func)
        if paths:
            return all(path.partition(".")[0] in _LIBRARIES for path in paths)
        named = any(
            self._context.is_builtin(call.func, name) for name in ("len", "print", "float", "int", "isinstance")
        )
        method = isinstance(call.func, ast.Attribute) and call.func.attr not in self._context.own_names
        return named or (method and not (isinstance(call.func, ast.Attribute) and call.func.attr in _KEEPERS))

    @cached_property
    def _own_operators(self) -> bool:
        return any(name.startswith("__") and name not in _HARMLESS_METHODS for name in self._context.method_names)


# Methods of lists and dicts: what they are given they keep.
_KEEPERS = frozenset({"append", "extend", "insert", "setdefault", "update", "add", "appendleft", "put", "__setitem__"})
