"""CL601."""

from __future__ import annotations

import ast
import re
import string

from policies.buffers import entered
from policies.context import Context
from policies.rules.rule import Findings, Rule

_FIELD = re.compile(r"^(\d*|[A-Za-z][A-Za-z0-9_]*)$", re.ASCII)
_DEPTH = 3


class FormatText(Rule):
    """str.format is called on a literal with plain fields.

    What: ``text.format(...)`` is called where the text can be read in the file and its fields are empty, numbers
    or names, without dots and brackets. format_map is closed. Neither is passed on; a
    picture's format, which is a text, may be.

    Why: A field can hold attributes: "{0.__class__}" reads past every other rule, and the text may come from
    the input (CVE-2023-41039).

    Example:
        "{0.__init__.__globals__}".format(f)   # refused
        x.format(self)                         # refused
        "expected {}, got {}".format(a, b)     # accepted
    """

    code = "CL601"
    name = "allow str.format with plain fields"

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        if node.attr != "format" or not isinstance(node.ctx, ast.Load) or context.paths.modules(node.value):
            return
        if context.is_own(node.value) and node.attr in context.own_names:
            return
        parent = context.parents.get(node)
        if not (isinstance(parent, ast.Call) and parent.func is node):
            if _of_a_picture(node, context) or isinstance(parent, ast.Compare | ast.FormattedValue):
                return
            yield self.found(node, "format is used as a value.", "Use an f-string.")
            return
        known = context.texts.of(node.value).known
        if known is None:
            yield self.found(node, "format of a text that can't be read in the file.", "Use an f-string.")
        elif not all(_plain(text, _DEPTH) for text in known):
            yield self.found(node, "format with fields that reach into objects.", "Use an f-string.")


def _of_a_picture(node: ast.Attribute, context: Context) -> bool:
    """``picture.format``, where the picture was made by PIL.Image and nothing else: "PNG", a text."""
    if not isinstance(node.value, ast.Name):
        return False
    made = [each.value or entered(each.node, context) for each in context.bindings(node.value)[0]]
    return bool(made) and all(isinstance(each, ast.Call) and _from_pil(each.func, context) for each in made)


def _from_pil(function: ast.expr, context: Context) -> bool:
    paths = context.paths.surely(function)
    return bool(paths) and all(path.startswith("PIL.Image.") for path in paths)


def _plain(text: str, depth: int) -> bool:
    """Whether the fields are empty, numbers or names, those in their specifications included."""
    if depth == 0:
        return False
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return False
    named = [(name, spec or "") for _, name, spec, _ in parts if name is not None]
    return all(_FIELD.match(name) and (not spec or _plain(spec, depth - 1)) for name, spec in named)
