"""CL505."""

from __future__ import annotations

import ast

from policies.attributes import special
from policies.context import Context
from policies.rules.rule import Findings, Rule

_ALLOWED = frozenset(
    {"add_note", "args", "colno", "end", "errno", "lineno", "msg", "pos", "reason", "start", "strerror", "value"}
)


class CaughtExceptions(Rule):
    """Of a caught exception its texts are read.

    What: A name bound by ``except ... as`` gives args, msg, errno and the like, and str() of it.

    Why: An AttributeError carries the object that was asked, whole (CVE-2024-47532), an exception group
    everything in it, and a traceback every frame.

    Example:
        except AttributeError as error:
            error.obj                          # refused
            return str(error)                  # accepted
    """

    code = "CL505"
    name = "allow the texts of exceptions"

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        if not isinstance(node.value, ast.Name) or special(node.attr) or node.attr in _ALLOWED:
            return
        bindings, _ = context.bindings(node.value)
        if any(binding.kind == "except" for binding in bindings):
            yield self.found(
                node, f"The attribute {node.attr} of an exception is used.", "Use str(error) or error.args."
            )
