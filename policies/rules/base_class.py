"""CL102."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule

MODULE_PATHS = frozenset(
    {
        "torch.nn.Module",
        "torch.nn.modules.Module",
        "torch.nn.modules.module.Module",
    }
)
# Module classes that people derive their model from; all can be made without arguments.
CONTAINER_PATHS = frozenset(
    {
        "torch.nn.Sequential",
        "torch.nn.ModuleList",
        "torch.nn.ModuleDict",
        "torch.nn.modules.container.Sequential",
        "torch.nn.modules.container.ModuleList",
        "torch.nn.modules.container.ModuleDict",
    }
)
# Bases that may stand beside: they only mark the class.
MARKER_PATHS = frozenset({"abc.ABC", "typing.Generic", "typing.Protocol"})


class BaseClass(Rule):
    """The class is a torch.nn.Module.

    What: One base is torch.nn.Module under any name it was imported by, or one of its containers
    (Sequential, ModuleList, ModuleDict). Beside it may stand abc.ABC and typing.Generic. No metaclass, no
    class keyword, no class decorator but typing.final.

    Why: The weights are put in with load_state_dict, which is the Module's. Metaclasses and class decorators
    replace the class after it was checked.

    Example:
        class Net: ...                              # refused
        class Net(nn.Module, metaclass=Meta): ...   # refused
        class Net(nn.Module): ...                   # accepted
    """

    code = "CL102"
    name = "allow a torch.nn.Module"

    def of_tree(self, tree: ast.Module, context: Context) -> Findings:
        node = context.model
        if node is None:
            return
        yield from self._bases(node, context)
        for keyword in node.keywords:
            yield self.found(
                keyword,
                f"The class statement has the keyword {keyword.arg or '**'}.",
                "Leave class keywords and metaclasses out.",
            )
        for decorator in node.decorator_list:
            if not context.paths.surely(decorator) & {"typing.final", "typing_extensions.final"}:
                yield self.found(decorator, "The class has a decorator.", "Do in __init__ what the decorator does.")

    def _bases(self, node: ast.ClassDef, context: Context) -> Findings:
        known = [context.paths.surely(_bare(base)) for base in node.bases]
        strange = [base for base, paths in zip(node.bases, known, strict=True) if not _listed(paths)]
        for base in strange:
            yield self.found(
                base,
                f"{node.name} derives from {ast.unparse(base)[:80]}, which is not torch.nn.Module.",
                f"Write class {node.name}(nn.Module).",
            )
        if not strange and not any(paths <= _MODULES for paths in known):
            yield self.found(node, f"{node.name} is not a torch.nn.Module.", f"Write class {node.name}(nn.Module).")


_MODULES = MODULE_PATHS | CONTAINER_PATHS


def _listed(paths: frozenset[str]) -> bool:
    return bool(paths) and (paths <= _MODULES or paths <= MARKER_PATHS)


def _bare(base: ast.expr) -> ast.expr:
    """typing.Generic[T] without its argument."""
    return base.value if isinstance(base, ast.Subscript) else base
