"""What a rule may ask about the file it looks at."""

from __future__ import annotations

import ast
from functools import cached_property

from policies.allowlist.entries import Allowlist
from policies.paths import Paths
from policies.scopes import Binding, Scopes
from policies.source import Source
from policies.texts import Texts


class Context:
    """One parsed file: its text, its tree, its names. Made for one check, dropped after it."""

    def __init__(self, source: Source, tree: ast.Module, listed: Allowlist) -> None:
        self.source = source
        self.tree = tree
        self.listed = listed

    @cached_property
    def scopes(self) -> Scopes:
        """Every scope and binding."""
        return Scopes(self.tree)

    @cached_property
    def paths(self) -> Paths:
        """What names and attributes mean, as dotted paths."""
        return Paths(self.scopes, self.listed)

    @cached_property
    def texts(self) -> Texts:
        """What texts expressions give."""
        return Texts(self.scopes)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node that each node stands in."""
        found: dict[ast.AST, ast.AST] = {}
        work: list[ast.AST] = [self.tree]
        while work:
            node = work.pop()
            for child in ast.iter_child_nodes(node):
                # Load and Store are shared between nodes and have no place of their own.
                if not isinstance(child, ast.expr_context):
                    found[child] = node
                    work.append(child)
        return found

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        """Every class statement, wherever it stands, in the order of the file."""
        found = [node for node in self.parents if isinstance(node, ast.ClassDef)]
        return sorted(found, key=lambda node: (node.lineno, node.col_offset))

    @cached_property
    def model(self) -> ast.ClassDef | None:
        """The model's class: the first class at module level."""
        top = [node for node in self.tree.body if isinstance(node, ast.ClassDef)]
        return top[0] if top else None

    def bindings(self, node: ast.Name) -> tuple[list[Binding], bool]:
        """What the name may be bound by where it stands, and whether a built-in may be meant."""
        return self.scopes.lookup(node.id, self.scopes.of.get(node, self.scopes.module))

    def is_builtin(self, node: ast.AST, name: str) -> bool:
        """Whether the expression is this built-in name, bound by nothing in the file."""
        return isinstance(node, ast.Name) and node.id == name and not self.bindings(node)[0]

    def is_self(self, node: ast.AST) -> bool:
        """Whether the expression is a method's own first argument (self, cls), bound by nothing else."""
        if not isinstance(node, ast.Name):
            return False
        bindings, falls_through = self.bindings(node)
        return bool(bindings) and not falls_through and all(each.node in self._selves for each in bindings)

    def is_own(self, node: ast.AST) -> bool:
        """Whether the expression is the model itself: self, cls, super() or the class by its name."""
        if isinstance(node, ast.Call):
            return self.is_builtin(node.func, "super")
        if isinstance(node, ast.Name) and self.model is not None and node.id == self.model.name:
            return all(each.node is self.model for each in self.bindings(node)[0])
        return self.is_self(node)

    @cached_property
    def _selves(self) -> set[ast.AST]:
        body = self.model.body if self.model else []
        methods = [node for node in body if isinstance(node, ast.FunctionDef)]
        firsts = [[*method.args.posonlyargs, *method.args.args][:1] for method in methods]
        return {first for one in firsts for first in one}

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The attributes the class itself gives its objects: methods, class variables, self.x = ..."""
        if self.model is None:
            return frozenset()
        found = set(self.scopes.inside[self.model].bindings)
        for node in self.parents:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and self.is_self(node.value):
                found.add(node.attr)
        return frozenset(found)

    def in_annotation(self, node: ast.AST) -> bool:
        """Whether the node is part of a type hint."""
        child, parent = node, self.parents.get(node)
        while parent is not None:
            if isinstance(parent, ast.arg):
                return True
            if isinstance(parent, ast.AnnAssign) and parent.annotation is child:
                return True
            if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and parent.returns is child:
                return True
            if isinstance(parent, ast.stmt):
                return False
            child, parent = parent, self.parents.get(parent)
        return False
