"""What stands in a list that is written out in the file: on the spot, or as a constant that is only read."""

from __future__ import annotations

import ast
from functools import cached_property

from policies.scopes import Scopes

_WRITTEN = (ast.List, ast.Tuple, ast.Set)
_SAME_ITEMS = ("list", "tuple", "set", "sorted", "reversed")
# Built-ins that only look at a list they are given, or copy it.
_READERS = frozenset({*_SAME_ITEMS, "enumerate", "zip", "len", "dict", "any", "all", "range", "min", "max", "print"})


class Lists:
    """Looks lists up within one file."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes

    def items(self, node: ast.expr, place: tuple[int, ...]) -> list[ast.expr] | None:
        """The items of the list, or the part of each at this place: (1,) is b in ``a, b``. None when unknown."""
        if isinstance(node, ast.Call):
            return self._called(node, place)
        found = self._written(node)
        for position in place:
            parts = [each.elts[position] for each in found or () if _has(each, position)]  # type: ignore[attr-defined]  # _has has looked
            found = parts if found and len(parts) == len(found) else None
        return found

    def _called(self, call: ast.Call, place: tuple[int, ...]) -> list[ast.expr] | None:
        plain = not call.keywords and not any(isinstance(each, ast.Starred) for each in call.args)
        if not plain or not call.args:
            return None
        if any(self._is_builtin(call.func, name) for name in _SAME_ITEMS):
            return self.items(call.args[0], place)
        if self._is_builtin(call.func, "enumerate") and place[:1] == (1,):
            return self.items(call.args[0], place[1:])
        if self._is_builtin(call.func, "zip") and place and place[0] < len(call.args):
            return self.items(call.args[place[0]], place[1:])
        return None

    def _written(self, node: ast.expr) -> list[ast.expr] | None:
        if isinstance(node, ast.Name):
            bindings, _ = self._scopes.lookup(node.id, self._scopes.of.get(node, self._scopes.module))
            known = len(bindings) == 1 and bindings[0].kind == "assign" and bindings[0].value is not None
            if not known or not isinstance(bindings[0].value, _WRITTEN):
                return None
            if not isinstance(bindings[0].value, ast.Tuple) and node.id in self._handed_on:
                return None
            node = bindings[0].value
        if not isinstance(node, _WRITTEN) or any(isinstance(each, ast.Starred) for each in node.elts):
            return None
        return node.elts

    @cached_property
    def _handed_on(self) -> frozenset[str]:
        """The names that somewhere stand for more than being looped over, indexed, asked or copied."""
        read: set[ast.AST] = set()
        for node in self._scopes.of:
            if isinstance(node, ast.For | ast.comprehension):
                read.add(node.iter)
            elif isinstance(node, ast.Compare) and all(isinstance(each, ast.In | ast.NotIn) for each in node.ops):
                read.update(node.comparators)
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
                read.add(node.value)
            elif isinstance(node, ast.Call) and any(self._is_builtin(node.func, name) for name in _READERS):
                read.update(node.args)
        names = (node for node in self._scopes.of if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
        return frozenset(node.id for node in names if node not in read)

    def _is_builtin(self, node: ast.expr, name: str) -> bool:
        if not isinstance(node, ast.Name) or node.id != name:
            return False
        return not self._scopes.lookup(name, self._scopes.of.get(node, self._scopes.module))[0]


def _has(node: ast.expr, position: int) -> bool:
    """Whether the item is a tuple, which nobody can change, with something at this place."""
    written = isinstance(node, ast.Tuple) and not any(isinstance(each, ast.Starred) for each in node.elts)
    return written and position < len(node.elts)  # type: ignore[attr-defined]  # it is a tuple
