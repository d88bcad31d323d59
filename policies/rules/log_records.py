"""CL409."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule

_WRITES = frozenset({"debug", "info", "warning", "warn", "error", "critical", "fatal", "exception", "log"})
_STORED = frozenset({"filter", "handle", "callHandlers", "emit", "format", "parent"})
_FILTERS = frozenset({"filters"})


class LogRecords(Rule):
    """Log lines are written, and nothing else is done with them.

    What: In a file that imports logging, the functions that write are called where they stand, without ``**``;
    exc_info is a constant or a caught exception, extra a dict with literal keys. The methods of a logger are not
    replaced, and its filters are closed.

    Why: exc_info takes any object for a traceback and prints the lines of the files it names. extra sets any
    attribute of a record, and a logger's method of one's own gets to see that record.

    Example:
        log.error("x", exc_info=(A, b, c))     # refused
        log.error("x", exc_info=True)          # accepted
        log.info("loss %.3f", loss)            # accepted
    """

    code = "CL409"
    name = "allow log lines"

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        if not _logs(context):
            return
        if (isinstance(node.func, ast.Attribute) and node.func.attr in _WRITES) or _by_name(node.func, context):
            for keyword in node.keywords:
                if not _plain(keyword, context):
                    what = f"{keyword.arg}=" if keyword.arg else "**"
                    yield self.found(keyword.value, f"A log line with {what} of its own.", "Write the text alone.")
        if _by_name(node, context) and not _called(node, context):
            yield self.found(node, "A logger's method is used as a value.", "Call it where you need it.")
        for function, names in (("setattr", _STORED), ("getattr", _FILTERS)):
            if _reaches(node, function, names, context):
                yield self.found(node, f"{function} in a file that logs.", "Write the attribute.")

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        if not _logs(context) or context.is_own(node.value) or _in_another_module(node, context):
            return
        if node.attr in _FILTERS:
            yield self.found(node, f"The attribute {node.attr} is closed in a file that logs.", "Use another name.")
        elif node.attr in _STORED and not isinstance(node.ctx, ast.Load):
            yield self.found(node, f"The method {node.attr} is replaced.", "Use the logger as it is.")
        elif node.attr in _WRITES and isinstance(node.ctx, ast.Load) and not _used_up(node, context):
            yield self.found(node, f"{node.attr} is used as a value.", "Call it where you need it.")

    def visit_ImportFrom(self, node: ast.ImportFrom, context: Context) -> Findings:
        for alias in node.names:
            if node.module == "logging" and alias.name in _WRITES:
                yield self.found(alias, f"{alias.name} is taken out of logging.", "Write logging.getLogger(__name__).")


def _logs(context: Context) -> bool:
    return any(path.partition(".")[0] == "logging" for path in context.used_paths)


def _reaches(node: ast.Call, function: str, names: frozenset[str], context: Context) -> bool:
    """Whether this is a getattr or setattr of another object that may mean one of the names."""
    if not context.is_builtin(node.func, function) or len(node.args) < 2 or context.is_own(node.args[0]):
        return False
    return not context.paths.modules(node.args[0]) and _may_be(node.args[1], names, context)


def _by_name(node: ast.expr, context: Context) -> bool:
    """``getattr(logger, "info")``, or a getattr that may be that."""
    if not isinstance(node, ast.Call) or not context.is_builtin(node.func, "getattr") or len(node.args) < 2:
        return False
    another = any(module != "logging" for module in context.paths.modules(node.args[0]))
    return not another and not context.is_own(node.args[0]) and _may_be(node.args[1], _WRITES, context)


def _may_be(node: ast.expr, names: frozenset[str], context: Context) -> bool:
    """Whether the text may be one of the names."""
    text = context.texts.of(node)
    if text.known is not None:
        return bool(text.known & names)
    return any(name.startswith(text.prefix) for name in names)


def _in_another_module(node: ast.Attribute, context: Context) -> bool:
    """``torch.log``: a function of that name, and no logger's."""
    modules = context.paths.modules(node.value)
    return bool(modules) and "logging" not in modules


def _used_up(node: ast.Attribute, context: Context) -> bool:
    """Called, or PIL's picture.info, which is a dict and read like one."""
    return _called(node, context) or isinstance(context.parents.get(node), ast.Attribute | ast.Subscript)


def _called(node: ast.expr, context: Context) -> bool:
    parent = context.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def _plain(keyword: ast.keyword, context: Context) -> bool:
    value = keyword.value
    if keyword.arg == "exc_info":
        caught = isinstance(value, ast.Name) and all(each.kind == "except" for each in context.bindings(value)[0])
        return isinstance(value, ast.Constant) or caught
    if keyword.arg == "extra":
        return isinstance(value, ast.Dict) and all(isinstance(each, ast.Constant) for each in value.keys)
    return keyword.arg is not None
