"""CL101."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.source import Finding


class OneClass(Rule):
    """A source file has exactly one class, at module level.

    What: One class statement in the whole file, not inside a function, a class, an if or a try, and its name
    is bound by nothing else.

    Why: The class is what gets loaded; with two there is a question which. Everything a second class would
    do, a function, a dict or a submodule built in the constructor does too.

    Example:
        class Block(nn.Module): ...
        class Net(nn.Module): ...          # refused: the second one

        def block(width):                  # accepted
            return nn.Sequential(nn.Linear(width, width), nn.ReLU())
    """

    code = "CL101"
    name = "allow exactly one class"

    def of_tree(self, tree: ast.Module, context: Context) -> Findings:
        if context.model is None:
            yield self._missing(context)
            return
        for node in context.classes:
            if node is not context.model:
                yield self.found(
                    node,
                    f"A second class, {node.name}; the file may have one, and that is {context.model.name}.",
                    "Build the part in a function that returns an nn.Sequential, or in the class itself.",
                )
        for binding in context.scopes.module.bindings[context.model.name]:
            if binding.kind != "class":
                yield self.found(
                    binding.node,
                    f"The class's name, {context.model.name}, is bound again.",
                    "Give the other thing a name of its own.",
                )

    def _missing(self, context: Context) -> Finding:
        hint = "Define class YourModel(nn.Module) at the top level of the file."
        if context.classes:
            node = context.classes[0]
            return self.found(node, f"The class {node.name} does not stand at module level.", hint)
        return self.found(None, "The file defines no class.", hint)
