"""CL410."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.sharp import CLASS_MAKERS


class ClassMakers(Rule):
    """Enums and dataclasses are imported, asked for, and not made.

    What: What enum and dataclasses hold may be imported, and used in isinstance and type hints. It is not called,
    derived from or used as a decorator.

    Why: An enum and a dataclass are classes, and the file has one. Enum("Name", {...}) makes a class with any special
    name, dataclass(thing) changes what it is given.

    Example:
        Mode = Enum("Mode", "train eval")      # refused
        TRAIN, EVAL = "train", "eval"          # accepted
        Mode = Literal["train", "eval"]        # accepted
    """

    code = "CL410"
    name = "allow imports of enum and dataclasses"

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        yield from self._used(node, context)

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        yield from self._used(node, context)

    def _used(self, node: ast.Name | ast.Attribute, context: Context) -> Findings:
        paths = context.paths.of(node) & CLASS_MAKERS if isinstance(node.ctx, ast.Load) else None
        if paths and not (context.in_annotation(node) or _asked(node, context)):
            path = min(paths)
            yield self.found(node, f"{path} makes a class, or works on one.", _hint(path))


def _asked(node: ast.expr, context: Context) -> bool:
    parent, given = context.parents.get(node), node
    while isinstance(parent, ast.Tuple):
        given, parent = parent, context.parents.get(parent)
    asking = isinstance(parent, ast.Call) and any(
        context.is_builtin(parent.func, name) for name in ("isinstance", "issubclass")
    )
    return asking and isinstance(parent, ast.Call) and given in parent.args[1:]


def _hint(path: str) -> str:
    if path.startswith("enum."):
        return "Use constants (TRAIN, EVAL = range(2)), or typing.Literal for the type hint."
    return "Use a dict, typing.NamedTuple('Name', [...]) or types.SimpleNamespace(name=value)."
