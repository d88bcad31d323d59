"""CL104."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.constructor import is_generator, required, takes_self
from policies.rules.rule import Findings, Rule

_HINT = "Write def predict_single(self, x): ... in the class."
_NOT_METHODS = {
    "staticmethod": "a static method",
    "classmethod": "a class method",
    "property": "a property",
    "functools.cached_property": "a property",
}


class PredictSingle(Rule):
    """The class answers with predict_single(self, x).

    What: The class body defines predict_single once, as an ordinary method with exactly one required argument
    beside self: not async, no generator, no static or class method. Further arguments have defaults.
    predict_batch(self, xs), where there is one, obeys the same.

    Why: It is what the engine calls, with one input, and what it returns is the answer.

    Example:
        async def predict_single(self, x): ...       # refused
        def predict_single(self): ...                # refused
        def predict_single(self, x, top=5): ...      # accepted
    """

    code = "CL104"
    name = "allow predict_single(self, x)"

    def of_tree(self, tree: ast.Module, context: Context) -> Findings:
        model = context.model
        if model is None:
            return
        yield from self._method("predict_single", model, context)
        if "predict_batch" in context.scopes.inside[model].bindings:
            yield from self._method("predict_batch", model, context)

    def _method(self, name: str, model: ast.ClassDef, context: Context) -> Findings:
        direct = [
            node
            for node in model.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        ]
        if not direct:
            yield self.found(model, f"{model.name} defines no method {name}.", _hint(name))
            return
        for binding in context.scopes.inside[model].bindings[name]:
            if binding.node is not direct[0]:
                yield self.found(binding.node, f"{name} is bound a second time.", "Define it once, as a method.")
        yield from self._shape(direct[0], context)

    def _shape(self, node: ast.FunctionDef | ast.AsyncFunctionDef, context: Context) -> Findings:
        if isinstance(node, ast.AsyncFunctionDef):
            yield self.found(node, f"{node.name} is async.", _hint(node.name))
        if is_generator(node):
            yield self.found(node, f"{node.name} is a generator.", "Return one value, a list of what you yield.")
        for decorator in node.decorator_list:
            kind = _NOT_METHODS.get(_named(decorator, context))
            if kind:
                yield self.found(decorator, f"{node.name} is {kind}, not a method.", _hint(node.name))
        yield from self._arguments(node)

    def _arguments(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Findings:
        if not takes_self(node):
            yield self.found(node, f"{node.name} does not take self.", _hint(node.name))
            return
        needed = required(node)
        only_by_name = [argument for argument in needed if argument in node.args.kwonlyargs]
        if len(needed) != 1 or only_by_name:
            names = ", ".join(argument.arg for argument in needed) or "none"
            yield self.found(
                node,
                f"{node.name} must have exactly one required argument beside self, positional; it has: {names}.",
                "Take one input, and give every other argument a default.",
            )


def _hint(name: str) -> str:
    return _HINT if name == "predict_single" else "Write def predict_batch(self, xs): ... or leave it out."


def _named(decorator: ast.expr, context: Context) -> str:
    if isinstance(decorator, ast.Name) and not context.paths.of(decorator):
        return decorator.id
    return next(iter(sorted(context.paths.of(decorator))), "")
