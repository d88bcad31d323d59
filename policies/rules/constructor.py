"""CL103."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.tree import children


class Constructor(Rule):
    """The class can be made without arguments.

    What: __init__, where there is one, is an ordinary method that takes self, and every other argument has a
    default. There is no __new__.

    Why: The sandbox makes the object itself and knows of no arguments. What was given while training belongs
    into defaults, or into a config that the file holds.

    Example:
        def __init__(self, hidden): ...          # refused
        def __init__(self, hidden=128): ...      # accepted
    """

    code = "CL103"
    name = "allow a constructor without arguments"

    def of_tree(self, tree: ast.Module, context: Context) -> Findings:
        if context.model is None:
            return
        for node in context.model.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if node.name == "__new__":
                    yield self.found(node, "The class defines __new__.", "Do it in __init__.")
                elif node.name == "__init__":
                    yield from self._init(node)

    def _init(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Findings:
        if isinstance(node, ast.AsyncFunctionDef) or node.decorator_list or is_generator(node):
            yield self.found(node, "__init__ is not an ordinary method.", "Write def __init__(self), undecorated.")
        if not takes_self(node):
            yield self.found(node, "__init__ does not take self.", "Write def __init__(self).")
        for argument in required(node):
            yield self.found(
                argument,
                f"The constructor can't be called without arguments: {argument.arg} has no default.",
                f"Give it the value the weights were trained with: {argument.arg}=...",
            )


def takes_self(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the first argument is an ordinary positional one."""
    return bool(node.args.posonlyargs or node.args.args)


def required(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    """The arguments after self that have no default."""
    positional = [*node.args.posonlyargs, *node.args.args]
    without = positional[1 : max(1, len(positional) - len(node.args.defaults))]
    pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return without + [argument for argument, default in pairs if default is None]


def is_generator(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the function yields itself; what functions inside it do is their own."""
    work: list[ast.AST] = list(function.body)
    while work:
        node = work.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            work.extend(children(node))
    return False
