"""CL701."""

from __future__ import annotations

import ast

from policies.attributes import special
from policies.builtins import RESERVED
from policies.context import Context
from policies.rules.rule import Findings, Rule


class ReservedNames(Rule):
    """Built-ins that a rule watches keep their names at the top of the file.

    What: getattr, type, super, eval, open and the like are not bound at module level, by whatever form: an
    assignment, a def, a loop, a walrus, an except, a match, a global statement. Arguments and variables of
    functions may have these names. No name begins with two underscores.

    Why: A name at module level that is not bound yet, or was deleted again, means the built-in. Names with two
    underscores are renamed inside a class and mean something else than they say.

    Example:
        if False:
            getattr = None
        getattr(x, name)                       # refused: it is the built-in
        def forward(self, type): ...           # accepted
    """

    code = "CL701"
    name = "allow built-ins to keep their names"

    def of_tree(self, tree: ast.Module, context: Context) -> Findings:
        for name in sorted(RESERVED & set(context.scopes.module.bindings)):
            for binding in context.scopes.module.bindings[name]:
                yield self.found(binding.node, f"The built-in name {name} is bound.", "Give it another name.")

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        if node.id.startswith("__") and not special(node.id):
            yield self.found(node, f"The name {node.id} begins with two underscores.", "Use one underscore or none.")
