"""CL502."""

from __future__ import annotations

import ast

from policies.attributes import INTROSPECTION
from policies.context import Context
from policies.rules.rule import Findings, Rule


class Introspection(Rule):
    """Frames, code objects, generators and tracebacks stay closed.

    What: The attributes of frames (f_globals), code (co_consts), generators (gi_frame), coroutines, tracebacks
    (tb_frame) and old function names (func_globals) are not used on anything. mro is not either.

    Why: A generator's frame leads through f_back and f_builtins to the interpreter (CVE-2023-37271), a
    traceback's to whoever called.

    Example:
        (x for x in ()).gi_frame.f_back      # refused
        self.f_conv(x)                       # accepted: not one of these names
    """

    code = "CL502"
    name = "allow attributes that are not the interpreter's"

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        if node.attr in INTROSPECTION and not context.paths.modules(node.value):
            yield self.found(node, f"The attribute {node.attr} belongs to the interpreter.", "Use another name.")
