"""Which name means what where: every binding of every scope, as the language defines it.

Built without recursion, so that no source can exhaust the stack of whoever checks it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from policies.tree import children, walk

ScopeKind = Literal["module", "function", "class", "comprehension"]
BindingKind = Literal[
    "import", "assign", "argument", "loop", "with", "except", "function", "class", "walrus", "match", "delete"
]


@dataclass(frozen=True, slots=True)
class Binding:
    """One way a name gets its value.

    ``path`` is the dotted path an import binds; ``value`` the expression of a plain ``name = value``.
    """

    name: str
    kind: BindingKind
    node: ast.AST
    path: str | None = None
    value: ast.expr | None = None


@dataclass(eq=False, slots=True)
class Scope:
    """One namespace: the file, a function or lambda, a class body, a comprehension."""

    kind: ScopeKind
    parent: Scope | None
    node: ast.AST
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    declared_global: set[str] = field(default_factory=set)
    declared_nonlocal: set[str] = field(default_factory=set)

    def bind(self, binding: Binding) -> None:
        """Record one more binding of the name."""
        self.bindings.setdefault(binding.name, []).append(binding)


class Scopes:
    """Every scope of a tree, and the scope each node is evaluated in."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope("module", None, tree)
        self.all: list[Scope] = [self.module]
        self.of: dict[ast.AST, Scope] = {}
        self.inside: dict[ast.AST, Scope] = {}  # a function, class or comprehension -> the scope it opens
        # a loop variable -> what the loop runs over, and which part of its items the variable is: (1,) for b in a, b
        self.loops: dict[ast.AST, tuple[ast.expr, tuple[int, ...]]] = {}
        self._found: dict[tuple[Scope, str], tuple[list[Binding], bool]] = {}
        _Builder(self).build(tree)
        self._found.clear()

    def lookup(self, name: str, scope: Scope) -> tuple[list[Binding], bool]:
        """What ``_lookup`` finds, kept: rules ask for the same names again and again. Not to be changed."""
        key = (scope, name)
        if key not in self._found:
            self._found[key] = self._lookup(name, scope)
        return self._found[key]

    def _lookup(self, name: str, scope: Scope) -> tuple[list[Binding], bool]:
        """Every binding that a read of ``name`` in ``scope`` may see, and whether a builtin may be seen too.

        Class bodies and the file fall through to what lies outside while a name is not bound yet, so there
        the answer holds both. A function's own name never falls through: unbound, it raises.
        """
        found: list[Binding] = []
        at: Scope | None = scope
        while at is not None:
            if name in at.declared_global:
                at = self.module
            if at.kind == "class" and at is not scope:
                at = at.parent
                continue
            own = at.bindings.get(name)
            if own and name not in at.declared_nonlocal:
                found.extend(own)
                if at.kind not in ("class", "module"):
                    return found, False
            at = at.parent
        return found, True


class _Builder:
    """Walks a tree once, top down, binding names; work is kept in a list instead of on the stack."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self.work: list[tuple[ast.AST, Scope]] = []
        self.late: list[tuple[Scope, Binding]] = []

    def build(self, tree: ast.Module) -> None:
        self.work.append((tree, self.scopes.module))
        while self.work:
            node, scope = self.work.pop()
            self.scopes.of[node] = scope
            self._bind(node, scope)
            self.work.extend(self._children(node, scope))
        for scope, binding in self.late:
            self._home(binding.name, scope).bind(binding)

    # Which scope each child is evaluated in.

    def _children(self, node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return self._of_function(node, scope)
        if isinstance(node, ast.ClassDef):
            return self._of_class(node, scope)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return self._of_comprehension(node, scope)
        return ((child, scope) for child in children(node))

    def _open(self, kind: ScopeKind, node: ast.AST, parent: Scope) -> Scope:
        opened = Scope(kind, parent, node)
        self.scopes.all.append(opened)
        self.scopes.inside[node] = opened
        return opened

    def _of_function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope
    ) -> Iterator[tuple[ast.AST, Scope]]:
        inner = self._open("function", node, scope)
        arguments = node.args
        self.scopes.of[arguments] = scope
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        named += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
        for argument in named:
            inner.bind(Binding(argument.arg, "argument", argument))
            yield argument, scope  # its annotation belongs outside
        for default in [*arguments.defaults, *(each for each in arguments.kw_defaults if each is not None)]:
            yield default, scope
        if isinstance(node, ast.Lambda):
            yield node.body, inner
            return
        for outside in [*node.decorator_list, *([node.returns] if node.returns else [])]:
            yield outside, scope
        for statement in node.body:
            yield statement, inner

    def _of_class(self, node: ast.ClassDef, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
        inner = self._open("class", node, scope)
        for outside in [*node.bases, *node.keywords, *node.decorator_list]:
            yield outside, scope
        for statement in node.body:
            yield statement, inner

    def _of_comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope
    ) -> Iterator[tuple[ast.AST, Scope]]:
        inner = self._open("comprehension", node, scope)
        for position, generator in enumerate(node.generators):
            self.scopes.of[generator] = inner
            self._bind(generator, inner)
            yield generator.target, inner
            yield generator.iter, scope if position == 0 else inner
            for condition in generator.ifs:
                yield condition, inner
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for result in results:
            yield result, inner

    # Which names a node binds.

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, ast.For | ast.comprehension):
            self.scopes.loops.update((name, (node.iter, place)) for name, place in _places(node.target))
        if isinstance(node, ast.Global):
            scope.declared_global.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.declared_nonlocal.update(node.names)
        else:
            for binding in bindings_of(node):
                home = _not_a_comprehension(scope) if binding.kind == "walrus" else scope
                # A global statement may stand after the name in the walk: the home is found at the end.
                self.late.append((home, binding))

    def _home(self, name: str, scope: Scope) -> Scope:
        if name in scope.declared_global:
            return self.scopes.module
        if name not in scope.declared_nonlocal:
            return scope
        at = scope.parent
        while at is not None and not (at.kind == "function" and self._binds(name, at)):
            at = at.parent
        return at or scope

    def _binds(self, name: str, scope: Scope) -> bool:
        if name in scope.declared_nonlocal or name in scope.declared_global:
            return False
        return name in scope.bindings or any(each is scope and found.name == name for each, found in self.late)


def _places(target: ast.expr) -> Iterator[tuple[ast.Name, tuple[int, ...]]]:
    """The names of a loop's target and where in an item each stands; none beside or below a star."""
    work: list[tuple[ast.expr, tuple[int, ...]]] = [(target, ())]
    while work:
        node, place = work.pop()
        if isinstance(node, ast.Name):
            yield node, place
        elif isinstance(node, ast.Tuple | ast.List) and not any(isinstance(each, ast.Starred) for each in node.elts):
            work += [(each, (*place, position)) for position, each in enumerate(node.elts)]


def _not_a_comprehension(scope: Scope) -> Scope:
    while scope.kind == "comprehension" and scope.parent is not None:
        scope = scope.parent
    return scope


def bindings_of(node: ast.AST) -> Iterator[Binding]:
    """The names that this node itself binds (not its children), arguments excepted."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            path = alias.name if alias.asname else alias.name.partition(".")[0]
            yield Binding(alias.asname or path, "import", alias, path=path)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield Binding(alias.asname or alias.name, "import", alias, path=f"{node.module or ''}.{alias.name}")
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield Binding(node.name, "function", node)
    elif isinstance(node, ast.ClassDef):
        yield Binding(node.name, "class", node)
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield Binding(node.name, "except", node)
    elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
        yield Binding(node.name, "match", node)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield Binding(node.rest, "match", node)
    else:
        yield from _targets(node)


def _targets(node: ast.AST) -> Iterator[Binding]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            value = node.value if isinstance(target, ast.Name) else None
            yield from _stored(target, "assign", value)
    elif isinstance(node, ast.AnnAssign):
        # Without a value nothing is bound, but the name becomes the scope's own all the same.
        yield from _stored(node.target, "assign", node.value)
    elif isinstance(node, ast.AugAssign):
        yield from _stored(node.target, "assign", None)
    elif isinstance(node, ast.NamedExpr):
        yield from _stored(node.target, "walrus", node.value)
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield from _stored(node.target, "loop", None)
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield from _stored(node.optional_vars, "with", None)
    elif isinstance(node, ast.Delete):
        for target in node.targets:
            yield from _stored(target, "delete", None)


def _stored(target: ast.expr, kind: BindingKind, value: ast.expr | None) -> Iterator[Binding]:
    for node in walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield Binding(node.id, kind, node, value=value if node is target else None)
