"""What an expression means, as dotted paths: ``F.relu`` is ``torch.nn.functional.relu``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policies.allowlist.entries import Allowlist
from policies.lists import Lists
from policies.scopes import Binding, Scope, Scopes

_HOMES = ("module", "opened")  # names are taken out of these
_SURE_STEPS = 12  # names that stand for names that stand for names, to be sure of what the last one is
_DEEPEST = 24  # attributes of attributes: no path is longer

_Step = tuple[Scope, str, tuple[str, ...]]


class Paths:
    """Resolves names and attributes through imports, aliases and ``getattr`` with a literal.

    A path is kept when it is a module, an object in one, or the refused child of a module. What lies below an
    object is a value like any other and has no path.
    """

    def __init__(self, scopes: Scopes, listed: Allowlist) -> None:
        self._scopes = scopes
        self._listed = listed
        self._lists = Lists(scopes)
        self._found: dict[ast.expr, frozenset[str]] = {}
        self._sure: dict[tuple[Scope, str, int], bool] = {}
        self._names: dict[tuple[Scope, str], frozenset[str]] = {}

    def of(self, node: ast.expr) -> frozenset[str]:
        """Every dotted path the expression may stand for; empty when it is no imported thing."""
        # Kept, because nearly every rule asks for the same nodes.
        if node not in self._found:
            root, attributes = self._taken_apart(node)
            self._found[node] = self._below(self._of_name(root), attributes) if root else frozenset()
        return self._found[node]

    def _taken_apart(self, node: ast.expr) -> tuple[ast.Name | None, tuple[str, ...]]:
        """The name at the root of ``a.b.c`` and what is taken out of it; None where the root is no name."""
        attributes: list[str] = []
        while (named := self.attribute(node)) is not None:
            node, attribute = named
            attributes.append(attribute)
        return (node if isinstance(node, ast.Name) else None), tuple(reversed(attributes))

    def _below(self, paths: frozenset[str], attributes: tuple[str, ...]) -> frozenset[str]:
        for attribute in attributes:
            paths = frozenset(f"{path}.{attribute}" for path in paths if self._listed.kind(path) in _HOMES)
        return paths

    def attribute(self, node: ast.expr) -> tuple[ast.expr, str] | None:
        """The object and the name for ``a.b`` and ``getattr(a, "b", ...)``, else None."""
        if isinstance(node, ast.Attribute):
            return node.value, node.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            name = node.args[1] if len(node.args) > 1 else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                return node.args[0], name.value
        return None

    def surely(self, node: ast.expr) -> frozenset[str]:
        """The paths of the expression when it can be nothing else; empty when it may be something of the file's."""
        named = self.attribute(node)
        root = node
        while named is not None:
            root = named[0]
            named = self.attribute(root)
        return self.of(node) if isinstance(root, ast.Name) and self._only_imports(root, _SURE_STEPS) else frozenset()

    def _only_imports(self, node: ast.Name, steps: int) -> bool:
        key = (self._scopes.of.get(node, self._scopes.module), node.id, steps)
        if key not in self._sure:
            bindings, _ = self._scopes.lookup(node.id, key[0])
            aliases = all(each.path is not None or self._only_an_alias(each, steps - 1) for each in bindings)
            self._sure[key] = bool(steps and bindings) and aliases
        return self._sure[key]

    def _only_an_alias(self, binding: Binding, steps: int) -> bool:
        root = binding.value
        while isinstance(root, ast.Attribute):
            root = root.value
        return steps > 0 and isinstance(root, ast.Name) and self._only_imports(root, steps)

    def modules(self, node: ast.expr) -> frozenset[str]:
        """Those paths of the expression that are modules."""
        return frozenset(path for path in self.of(node) if self._listed.kind(path) == "module")

    def rooted(self, node: ast.expr) -> bool:
        """Whether the expression is an imported thing, or lies below one through attributes and items."""
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        return any(self.of(each) for each in parts)

    def _of_name(self, node: ast.Name) -> frozenset[str]:
        """Every path of a name: followed through names that stand for names to the end, and without recursion."""
        start = (self._scopes.of.get(node, self._scopes.module), node.id)
        if start not in self._names:
            found: set[str] = set()
            work: list[_Step] = [(*start, ())]
            seen = set(work)
            while work:
                scope, name, attributes = work.pop()
                known = self._names.get((scope, name))
                if known is not None:
                    found |= self._below(known, attributes)
                    continue
                for binding in self._scopes.lookup(name, scope)[0]:
                    if binding.path is not None:
                        found |= self._below(frozenset({binding.path}), attributes)
                    fresh = [step for step in self._next(binding, attributes) if step not in seen]
                    seen.update(fresh)
                    work += fresh
            self._names[start] = frozenset(found)
        return self._names[start]

    def _next(self, binding: Binding, attributes: tuple[str, ...]) -> Iterator[_Step]:
        """The names that the bound value is, or is taken out of: of a conditional each end, of a loop each item."""
        ends = list(_ends(binding.value))
        if binding.kind == "loop" and binding.node in self._scopes.loops:
            ends += self._lists.items(*self._scopes.loops[binding.node]) or []
        for end in ends:
            root, taken = self._taken_apart(end)
            if root is not None and len(taken) + len(attributes) <= _DEEPEST:
                yield (self._scopes.of.get(root, self._scopes.module), root.id, taken + attributes)


def _ends(value: ast.expr | None) -> Iterator[ast.expr]:
    """What the value of a conditional expression, an ``or`` or a walrus may be."""
    work = [value] if value is not None else []
    while work:
        node = work.pop()
        match node:
            case ast.IfExp(body=body, orelse=orelse):
                work += [body, orelse]
            case ast.BoolOp(values=values):
                work += values
            case ast.NamedExpr(value=named):
                work.append(named)
            case _:
                yield node
