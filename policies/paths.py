"""What an expression means, as dotted paths: ``F.relu`` is ``torch.nn.functional.relu``."""

from __future__ import annotations

import ast

from policies.allowlist.entries import Allowlist
from policies.scopes import Binding, Scope, Scopes

_HOMES = ("module", "opened")  # names are taken out of these
_ALIAS_STEPS = 12  # names that stand for names that stand for names
_MOST = 64  # paths one name may stand for; more are dropped, each of them was judged where it stands


class Paths:
    """Resolves names and attributes through imports, aliases and ``getattr`` with a literal.

    A path is kept when it is a module, an object in one, or the refused child of a module. What lies below an
    object is a value like any other and has no path.
    """

    def __init__(self, scopes: Scopes, listed: Allowlist) -> None:
        self._scopes = scopes
        self._listed = listed
        self._found: dict[tuple[ast.expr, int], frozenset[str]] = {}
        self._sure: dict[tuple[Scope, str, int], bool] = {}
        self._names: dict[tuple[Scope, str, int], frozenset[str]] = {}

    def of(self, node: ast.expr, *, steps: int = _ALIAS_STEPS) -> frozenset[str]:
        """Every dotted path the expression may stand for; empty when it is no imported thing."""
        # Kept, because nearly every rule asks for the same nodes.
        key = (node, steps)
        if key not in self._found:
            self._found[key] = self._of(node, steps)
        return self._found[key]

    def _of(self, node: ast.expr, steps: int) -> frozenset[str]:
        attributes: list[str] = []
        while True:
            named = self.attribute(node)
            if named is None:
                break
            node, attribute = named
            attributes.append(attribute)
        if not isinstance(node, ast.Name) or steps == 0:
            return frozenset()
        found = self._of_name(node, steps)
        for attribute in reversed(attributes):
            found = frozenset(f"{path}.{attribute}" for path in found if self._listed.kind(path) in _HOMES)
        return found

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
        return self.of(node) if isinstance(root, ast.Name) and self._only_imports(root, _ALIAS_STEPS) else frozenset()

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
        return bool(self.of(node))

    def _of_name(self, node: ast.Name, steps: int) -> frozenset[str]:
        key = (self._scopes.of.get(node, self._scopes.module), node.id, steps)
        if key not in self._names:
            self._names[key] = frozenset()  # a name that stands for itself stands for nothing
            bindings, _ = self._scopes.lookup(node.id, key[0])
            found: set[str] = set()
            for binding in bindings:
                found |= self._of_binding(binding, steps)
            self._names[key] = frozenset(sorted(found)[:_MOST])
        return self._names[key]

    def _of_binding(self, binding: Binding, steps: int) -> frozenset[str]:
        if binding.path is not None:
            return frozenset({binding.path})
        if binding.value is not None:
            return self.of(binding.value, steps=steps - 1)
        return frozenset()
