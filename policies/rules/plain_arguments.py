"""CL403."""

from __future__ import annotations

import ast

from policies.attributes import special
from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.sharp import CALLED_ONLY, FUSE, ITEM_GETTER, LOG_CONFIG, PARAMETRIZE, PRUNE, PRUNE_ALL, WRAPS

_FUSE_ARGUMENTS = 3  # the model, the names, in place or not; then a function that gets what the names lead to
_CONFIG_KEYWORDS = frozenset({"level", "force", "format", "datefmt"})


class PlainArguments(Rule):
    """Functions with a sharp end are called with plain arguments.

    What: operator.itemgetter gets literal keys, functools.wraps only the function, logging.basicConfig only
    level, force, format and datefmt, fuse_modules no function of its own, register_parametrization and the functions
    of torch.nn.utils.prune a name that can be read in the file; global_unstructured stays out of files with arrays.
    They are called, not passed on.

    Why: functools.wraps(assigned=...) copies any attribute by name, __globals__ among them. logging.basicConfig
    opens files and formats with str.format. fuse_modules follows dotted names and hands what it finds to fuser_func,
    register_parametrization makes a property of the name. Pruning multiplies what it finds under a name and sets the
    product, which an object's own __mul__ may have made, under another.

    Example:
        functools.wraps(f, assigned=["__globals__"])      # refused
        logging.basicConfig(filename="log")               # refused
        functools.wraps(f)                                # accepted
    """

    code = "CL403"
    name = "allow plain arguments"

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        paths = context.paths.of(node.func)
        if paths & ITEM_GETTER and not all(_literal_key(each) for each in node.args):
            yield self.found(node, "operator.itemgetter without literal keys.", "Write lambda thing: thing[key].")
        if paths & WRAPS and (len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred)):
            yield self.found(node, "functools.wraps with more than the function.", "Write functools.wraps(function).")
        if paths & LOG_CONFIG and not all(_configured(each) for each in node.keywords):
            yield self.found(
                node, "logging.basicConfig with more than a level.", "Write logging.basicConfig(level=...)."
            )

        if paths & FUSE and not _fused_plainly(node):
            yield self.found(node, "fuse_modules with a function of its own.", "Write fuse_modules(model, names).")
        if paths & PARAMETRIZE and not _named_plainly(node, "tensor_name", context):
            yield self.found(
                node, "register_parametrization with a name that is made at run time.", "Write the name as a literal."
            )
        if paths & PRUNE and not _named_plainly(node, "name", context):
            yield self.found(node, "Pruning by a name that is made at run time.", "Write the name as a literal.")
        if paths & PRUNE_ALL and context.has_arrays:
            yield self.found(node, "global_unstructured in a file with arrays.", "Leave the training code out.")

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        yield from self._passed_on(node, context)

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        yield from self._passed_on(node, context)

    def _passed_on(self, node: ast.Name | ast.Attribute, context: Context) -> Findings:
        if not isinstance(node.ctx, ast.Load) or not context.paths.of(node) & CALLED_ONLY:
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


def _fused_plainly(call: ast.Call) -> bool:
    known = all(each.arg in ("model", "modules_to_fuse", "inplace") for each in call.keywords)
    return known and len(call.args) <= _FUSE_ARGUMENTS and not any(isinstance(each, ast.Starred) for each in call.args)


def _named_plainly(call: ast.Call, keyword: str, context: Context) -> bool:
    if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
        return False
    names = call.args[1:2] or [each.value for each in call.keywords if each.arg == keyword]
    known = context.texts.of(names[0]).known if names else None
    return known is not None and not any(special(name) for name in known)
