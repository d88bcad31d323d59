"""What an expression means, as dotted paths: ``F.relu`` is ``torch.nn.functional.relu``."""

from __future__ import annotations

import ast

from policies.scopes import Binding, Scopes

_ALIAS_STEPS = 20  # names that stand for names; nobody writes longer chains


class Paths:
    """Resolves names and attributes through imports and aliases."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes

    def of(self, node: ast.expr, *, steps: int = _ALIAS_STEPS) -> frozenset[str]:
        """Every dotted path the expression may stand for; empty when it is no imported thing."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or steps == 0:
            return frozenset()
        tail = "".join(f".{attribute}" for attribute in reversed(attributes))
        return frozenset(root + tail for root in self._of_name(node, steps))

    def _of_name(self, node: ast.Name, steps: int) -> set[str]:
        scope = self._scopes.of.get(node, self._scopes.module)
        bindings, _ = self._scopes.lookup(node.id, scope)
        found: set[str] = set()
        for binding in bindings:
            found |= self._of_binding(binding, steps)
        return found

    def _of_binding(self, binding: Binding, steps: int) -> frozenset[str]:
        if binding.path is not None:
            return frozenset({binding.path})
        if binding.value is not None:
            return self.of(binding.value, steps=steps - 1)
        return frozenset()
