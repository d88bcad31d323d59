"""What a rule may ask about the file it looks at."""

from __future__ import annotations

import ast
from functools import cached_property

from policies.allowlist.entries import Allowlist
from policies.buffers import Buffers
from policies.functions import Functions
from policies.paths import Paths
from policies.scopes import Binding, Scopes
from policies.source import Source
from policies.texts import Texts
from policies.tree import children
from policies.views import Views

# Decorators that call a method with the object it was called on.
_KEEP_SELF = frozenset(
    {
        "abc.abstractmethod",
        "functools.cache",
        "functools.cached_property",
        "functools.lru_cache",
        "torch.amp.autocast",
        "torch.autocast",
        "torch.autograd.enable_grad",
        "torch.autograd.inference_mode",
        "torch.autograd.no_grad",
        "torch.autograd.set_grad_enabled",
        "torch.cuda.amp.autocast",
        "torch.enable_grad",
        "torch.inference_mode",
        "torch.jit.export",
        "torch.jit.ignore",
        "torch.jit.unused",
        "torch.no_grad",
        "torch.set_grad_enabled",
        "typing.final",
        "typing.no_type_check",
        "typing.overload",
        "typing.override",
        "typing_extensions.override",
    }
)


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
    def functions(self) -> Functions:
        """Who calls which function of the file with what."""
        return Functions(self)

    @cached_property
    def buffers(self) -> Buffers:
        """Which values are surely no memory of an array of objects."""
        return Buffers(self)

    @cached_property
    def views(self) -> Views:
        """Where views of arrays' memory go."""
        return Views(self)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node that each node stands in."""
        found: dict[ast.AST, ast.AST] = {}
        work: list[ast.AST] = [self.tree]
        while work:
            node = work.pop()
            for child in children(node):
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
        """Whether the expression is the model: self, cls, super(), the class, or an object made of it."""
        if isinstance(node, ast.Call):
            return self.is_builtin(node.func, "super") or self._is_class(node.func)
        if self.is_self(node) or self._is_class(node):
            return True
        if not isinstance(node, ast.Name):
            return False
        bindings, _ = self.bindings(node)
        return bool(bindings) and all(
            isinstance(each.value, ast.Call) and self._is_class(each.value.func) for each in bindings
        )

    def _is_class(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Name) or self.model is None or node.id != self.model.name:
            return False
        return all(each.node is self.model for each in self.bindings(node)[0])

    @cached_property
    def _selves(self) -> set[ast.AST]:
        return {first for method in self.methods for first in [*method.args.posonlyargs, *method.args.args][:1]}

    @cached_property
    def methods(self) -> list[ast.FunctionDef]:
        """The functions of the class body that get an object of the class, or the class, as their first argument.

        A decorator of the file's own may call the function with anything; such a function is not among them.
        """
        # Of every class: a file with two is refused for that, and not for what their methods say.
        return [
            node
            for each in self.classes
            for node in each.body
            if isinstance(node, ast.FunctionDef) and all(self.keeps_self(each) for each in node.decorator_list)
        ]

    def keeps_self(self, decorator: ast.expr) -> bool:
        """Whether the decorator calls the method with the object it was called on."""
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(function, ast.Attribute) and function.attr in ("setter", "getter", "deleter"):
            return isinstance(function.value, ast.Name)
        named = any(self.is_builtin(function, name) for name in ("property", "classmethod"))
        return named or bool(self.paths.surely(function) & _KEEP_SELF)

    def is_class_argument(self, node: ast.AST) -> bool:
        """Whether the expression is a class method's own first argument."""
        if not isinstance(node, ast.Name) or not self.is_self(node):
            return False
        return any(each.node in self._class_arguments for each in self.bindings(node)[0])

    @cached_property
    def _class_arguments(self) -> set[ast.AST]:
        owners = [method for method in self.methods if self.is_class_method(method)]
        return {first for method in owners for first in [*method.args.posonlyargs, *method.args.args][:1]}

    def is_class_method(self, method: ast.FunctionDef) -> bool:
        """Whether the method is decorated with the built-in classmethod."""
        return any(self.is_builtin(each, "classmethod") for each in method.decorator_list)

    @cached_property
    def method_names(self) -> frozenset[str]:
        """The names under which the class has functions that expect an object of it."""
        if self.model is None:
            return frozenset()
        plain = {method.name for method in self.methods if not self.is_class_method(method)}
        every = [binding for each in self.scopes.inside[self.model].bindings.values() for binding in each]
        renamed = {each.name for each in every if isinstance(each.value, ast.Name) and each.value.id in plain}
        return frozenset(plain | renamed)

    @cached_property
    def method_nodes(self) -> frozenset[ast.AST]:
        """The same functions as ``methods``, to look one up."""
        return frozenset(self.methods)

    @cached_property
    def used_paths(self) -> frozenset[str]:
        """Every dotted path that an import, a name or an attribute of the file may stand for."""
        found: set[str] = set()
        for node in self.parents:
            if isinstance(node, ast.Name | ast.Attribute):
                found |= self.paths.of(node)
            elif isinstance(node, ast.Import):
                found.update(each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.update(f"{node.module or ''}.{each.name}" for each in node.names)
        return frozenset(found)

    @cached_property
    def has_arrays(self) -> bool:
        """Whether the file can make numpy arrays: by numpy, PIL, or .numpy() of a tensor."""
        roots: set[str] = set()
        for node in self.parents:
            if isinstance(node, ast.Import):
                roots.update(each.name.partition(".")[0] for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                roots.add((node.module or "").partition(".")[0])
            elif isinstance(node, ast.Attribute):
                roots.add(node.attr)
            elif isinstance(node, ast.Call) and self._asks_by_made_name(node):
                roots.add("numpy")
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                roots.add(node.value)
        return bool(roots & {"numpy", "PIL", "np"})

    @cached_property
    def calls_by_stars(self) -> bool:
        """Whether something is called with ``**`` that is no import, no function of the file, and not super's."""
        return any(
            isinstance(node, ast.Call)
            and any(each.arg is None for each in node.keywords)
            and not (self.paths.surely(node.func) or self.functions.called(node.func) or self.is_own(node.func))
            and not (isinstance(node.func, ast.Attribute) and self._is_super(node.func.value))
            for node in self.parents
        )

    def _is_super(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and self.is_builtin(node.func, "super")

    @cached_property
    def has_pictures(self) -> bool:
        """Whether the file can make pictures."""
        return any(path.partition(".")[0] == "PIL" for path in self.used_paths)

    def _asks_by_made_name(self, node: ast.Call) -> bool:
        """``getattr`` of anything but the model, with a name that is put together: it may be numpy."""
        if not self.is_builtin(node.func, "getattr") or len(node.args) < 2:
            return False
        return not isinstance(node.args[1], ast.Constant) and not self.is_self(node.args[0])

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The attributes the class itself gives its objects: methods, class variables, self.x = ..."""
        found = {name for each in self.classes for name in self.scopes.inside[each].bindings}
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
