"""CL413."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.sharp import TENSOR_CLASSES

_ADDRESS = "cdata"
_HINT = "Use torch.tensor, torch.empty or torch.zeros."
_TAKEN_BY = ("isinstance", "issubclass", "map", "print", "str", "repr")


class TensorClass(Rule):
    """A tensor is made of values.

    What: No call has the keyword cdata. torch.Tensor, torch.FloatTensor and its like, and .new of a tensor, are
    called without ``**``; the classes are given other names, compared, asked for, and handed to isinstance, map and
    .type; elsewhere they are no values in a file that calls something it doesn't show with ``**``.

    Why: torch.Tensor(cdata=n) takes the number for the address of a tensor.

    Example:
        torch.Tensor(cdata=address)            # refused
        torch.FloatTensor(**settings)          # refused
        torch.FloatTensor([1, 2])              # accepted
        x.type(torch.LongTensor)               # accepted
    """

    code = "CL413"
    name = "allow tensors made of values"

    def visit_keyword(self, node: ast.keyword, context: Context) -> Findings:
        if node.arg == _ADDRESS:
            yield self.found(node.value, "A tensor is made of an address.", _HINT)

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        made = bool(context.paths.of(node.func) & TENSOR_CLASSES) or _new(node.func, context)
        if made and any(each.arg is None for each in node.keywords):
            yield self.found(node, "A tensor's class is called with **.", _HINT)

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        yield from self._used(node, context)

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        yield from self._used(node, context)

    def _used(self, node: ast.Name | ast.Attribute, context: Context) -> Findings:
        if not isinstance(node.ctx, ast.Load) or not (context.paths.of(node) & TENSOR_CLASSES or _new(node, context)):
            return
        if not _in_plain(node, context) and context.calls_by_stars:
            yield self.found(node, f"{ast.unparse(node)[:60]} is used as a value in a file with calls by **.", _HINT)


def _new(node: ast.expr, context: Context) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "new" and not context.paths.modules(node.value)


def _in_plain(node: ast.expr, context: Context) -> bool:
    parent, child = context.parents.get(node), node
    while isinstance(parent, ast.Tuple | ast.BinOp):
        child, parent = parent, context.parents.get(parent)
    if isinstance(parent, ast.Call):
        if parent.func is child:
            return True
        named = any(context.is_builtin(parent.func, name) for name in _TAKEN_BY)
        return named or (isinstance(parent.func, ast.Attribute) and parent.func.attr in ("type", "as_subclass"))
    if isinstance(parent, ast.IfExp):
        # Another name for it is followed to where it is used.
        child, parent = parent, context.parents.get(parent)
    if isinstance(parent, ast.Assign | ast.AnnAssign):
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        return parent.value is child and all(isinstance(each, ast.Name) for each in targets)
    if isinstance(parent, ast.Dict):
        return child in parent.keys
    return isinstance(parent, ast.Compare | ast.MatchClass | ast.Attribute | ast.Subscript) or context.in_annotation(
        node
    )
