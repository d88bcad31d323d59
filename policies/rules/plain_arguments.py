"""CL403."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule

_GETTER = frozenset({"operator.itemgetter"})
_WRAPS = frozenset({"functools.wraps"})
_CONFIG = frozenset({"logging.basicConfig"})
_CONFIG_KEYWORDS = frozenset({"level", "force", "format", "datefmt"})


class PlainArguments(Rule):
    """Functions with a sharp end are called with plain arguments.

    What: operator.itemgetter gets literal keys, functools.wraps only the function, logging.basicConfig only
    level, force, format and datefmt. They are called, not passed on.

    Why: functools.wraps(assigned=...) copies any attribute by name, __globals__ among them. logging.basicConfig
    opens files and formats with str.format.

    Example:
        functools.wraps(f, assigned=["__globals__"])      # refused
        logging.basicConfig(filename="log")               # refused
        functools.wraps(f)                                # accepted
    """

    code = "CL403"
    name = "allow plain arguments"

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        paths = context.paths.of(node.func)
        if paths & _GETTER and not all(_literal_key(each) for each in node.args):
            yield self.found(node, "operator.itemgetter without literal keys.", "Write lambda thing: thing[key].")
        if paths & _WRAPS and (len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred)):
            yield self.found(node, "functools.wraps with more than the function.", "Write functools.wraps(function).")
        if paths & _CONFIG and not all(_configured(each) for each in node.keywords):
            yield self.found(
                node, "logging.basicConfig with more than a level.", "Write logging.basicConfig(level=...)."
            )

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        yield from self._passed_on(node, context)

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        yield from self._passed_on(node, context)

    def _passed_on(self, node: ast.Name | ast.Attribute, context: Context) -> Findings:
        if not isinstance(node.ctx, ast.Load) or not context.paths.of(node) & (_GETTER | _WRAPS | _CONFIG):
            return
        parent = context.parents.get(node)
        if not (isinstance(parent, ast.Call) and parent.func is node):
            yield self.found(node, f"{ast.unparse(node)[:60]} is used as a value.", "Call it where you need it.")


def _literal_key(node: ast.expr) -> bool:
    value = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(value, ast.Constant) and isinstance(value.value, int | str)


def _configured(keyword: ast.keyword) -> bool:
    if keyword.arg in ("format", "datefmt"):
        return isinstance(keyword.value, ast.Constant) and "{" not in str(keyword.value.value)
    return keyword.arg in _CONFIG_KEYWORDS
