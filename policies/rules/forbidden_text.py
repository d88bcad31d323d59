"""CL602."""

from __future__ import annotations

import ast
import re

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.source import Finding
from policies.tree import walk

_NAMES = (
    "array_interface array_struct base bases builtins cause class closure code context cuda_array_interface defaults "
    "del dict dlpack func getattr getattribute get globals import init_subclass kwdefaults loader mro reduce "
    "reduce_ex self set_name slots spec subclasses subclasshook traceback weakref wrapped"
).split()
_SPECIAL = "|".join(sorted(_NAMES, key=len, reverse=True))
# The name alone, or in a place where code would have it: after a dot, before a bracket.
_ALONE = re.compile(rf"^\W*__(?:{_SPECIAL})__\W*$")
_IN_CODE = re.compile(rf"[.\[{{'\"]\s*__(?:{_SPECIAL})__|__(?:{_SPECIAL})__\s*[.\[(]")
_WORDS = frozenset(
    "gi_frame f_globals f_builtins f_locals f_back f_code tb_frame cr_frame ag_frame func_globals os.system "
    "subprocess.Popen builtins.eval builtins.exec".split()
)


class ForbiddenText(Rule):
    """Texts don't spell the names that attributes may not have.

    What: A text, also one that sums, joins, f-strings, % and reversed slices put together, is not the name of a
    closed special attribute and holds none where code would. Docstrings may say what they like.

    Why: A text with such a name is one half of a way around: the other half is a function that takes names.

    Example:
        key = "__glo" + "bals__"               # refused
        template = "{0.__class__}"             # refused
        if __name__ == "__main__": ...         # accepted
    """

    code = "CL602"
    name = "allow texts without closed names"

    def visit_Constant(self, node: ast.Constant, context: Context) -> Findings:
        value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
        if isinstance(value, str) and _forbidden(value) and not isinstance(context.parents.get(node), ast.Expr):
            yield self._refused(node, value)

    def visit_BinOp(self, node: ast.BinOp, context: Context) -> Findings:
        yield from self._made(node, context)

    def visit_JoinedStr(self, node: ast.JoinedStr, context: Context) -> Findings:
        yield from self._made(node, context)

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        yield from self._made(node, context)

    def visit_Subscript(self, node: ast.Subscript, context: Context) -> Findings:
        yield from self._made(node, context)

    def _made(self, node: ast.expr, context: Context) -> Findings:
        for text in sorted(context.texts.of(node).known or ()):
            if _forbidden(text) and not _has_literal(node, text):
                yield self._refused(node, text)

    def _refused(self, node: ast.AST, text: str) -> Finding:
        return self.found(node, f"The text {text[:60]!r} names a closed attribute.", "Use another text.")


def _forbidden(text: str) -> bool:
    if "_" not in text and "." not in text:
        return False
    return text.strip() in _WORDS or bool(_ALONE.match(text) or _IN_CODE.search(text))


def _has_literal(node: ast.expr, text: str) -> bool:
    """Whether one literal in the expression is refused by itself already."""
    parts = [each.value for each in walk(node) if isinstance(each, ast.Constant)]
    return any(isinstance(part, str) and _forbidden(part) for part in parts)
