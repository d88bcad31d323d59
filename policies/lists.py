"""What stands in a list or dict that is written out in the file: on the spot, or as a constant that is only read."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TypeGuard

from policies.scopes import Scopes

_WRITTEN = (ast.List, ast.Tuple, ast.Set)
_ITEMS, _KEYS = "items", "keys"
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
        if not place and (keys := self._keys(node)) is not None:
            return keys
        found = self._written(node)
        for position in place:
            parts = [each.elts[position] for each in found or () if _has(each, position)]  # type: ignore[attr-defined]  # _has has looked
            found = parts if found and len(parts) == len(found) else None
        return found

    def indexed(self, node: ast.expr) -> list[ast.expr] | None:
        """What ``node[i]`` may be for some number i: of a dict nothing is known, its keys are not what it gives."""
        return self.items(node, ()) if isinstance(node, ast.Call) else self._written(node)

    def _called(self, call: ast.Call, place: tuple[int, ...]) -> list[ast.expr] | None:
        if isinstance(call.func, ast.Attribute) and (call.func.attr, place) in ((_ITEMS, (0,)), (_KEYS, ())):
            return self._keys(call.func.value)
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

    def _keys(self, node: ast.expr) -> list[ast.expr] | None:
        """The keys of a dict that is written out, or of a constant that is one and only is read."""
        if isinstance(node, ast.Name):
            bindings, _ = self._scopes.lookup(node.id, self._scopes.of.get(node, self._scopes.module))
            known = len(bindings) == 1 and bindings[0].kind == "assign" and node.id not in self._handed_on
            node = bindings[0].value or node if known else node
        if not isinstance(node, ast.Dict):
            return None
        keys = [key for key in node.keys if key is not None]
        return keys if len(keys) == len(node.keys) else None

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
            elif _read_of(node):
                read.add(node.value)
            elif isinstance(node, ast.Call) and any(self._is_builtin(node.func, name) for name in _READERS):
                read.update(node.args)
        names = (node for node in self._scopes.of if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
        return frozenset(node.id for node in names if node not in read)

    def _is_builtin(self, node: ast.expr, name: str) -> bool:
        if not isinstance(node, ast.Name) or node.id != name:
            return False
        return not self._scopes.lookup(name, self._scopes.of.get(node, self._scopes.module))[0]


def _read_of(node: ast.AST) -> TypeGuard[ast.Subscript | ast.Attribute]:
    """``NAMES[i]`` and ``SETTINGS.items()``."""
    if isinstance(node, ast.Attribute):
        return node.attr in (_ITEMS, _KEYS, "values", "get")
    return isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)


def _has(node: ast.expr, position: int) -> bool:
    """Whether the item is a tuple, which nobody can change, with something at this place."""
    written = isinstance(node, ast.Tuple) and not any(isinstance(each, ast.Starred) for each in node.elts)
    return written and position < len(node.elts)  # type: ignore[attr-defined]  # it is a tuple
