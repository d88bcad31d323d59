"""CL401."""

from __future__ import annotations

import ast

from policies.allowlist.entries import library_names
from policies.attributes import (
    ALWAYS,
    ANY_DUNDERS,
    CALLED_IN_PLAIN,
    DUNDERS,
    INTROSPECTION,
    PRIVATE,
    PRIVATE_POWERFUL,
    REGISTRIES,
    dangerous_names,
    own_name,
    special,
)
from policies.builtins import BY_NAME
from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.sharp import EVERY as EVERY_SHARP
from policies.texts import Text

# The model itself is no frame, array or module: of it only these names are closed.
_OF_THE_MODEL = REGISTRIES | {"compile", "_apply"}
_HINT = 'Write the attribute (thing.name), a literal name, or one that begins with one: f"layer{i}".'


class AttributesByName(Rule):
    """getattr, setattr, delattr and hasattr take names that can be read in the file.

    What: The name is a literal, one of a list (or of a dict's keys) that is written out and only read, or text that
    begins with a literal which no closed name begins with. What it may be is judged like an attribute. The functions
    are called directly, with positional arguments.

    Why: A name made at run time can be any name, __globals__ and __subclasses__ among them.

    Example:
        getattr(x, name)                       # refused
        getattr(x, "__cl" + "ass__")           # refused
        getattr(self, f"layer{i}")(x)          # accepted
    """

    code = "CL401"
    name = "allow attributes by a literal name"

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        function = next((name for name in BY_NAME if context.is_builtin(node.func, name)), None)
        if function is None:
            return
        if node.keywords or any(isinstance(each, ast.Starred) for each in node.args) or len(node.args) < 2:
            yield self.found(node, f"{function} is not called with plain arguments.", _HINT)
            return
        text = context.texts.of(node.args[1])
        if text.known is None:
            yield from self._beginning(node, function, text, context)
            return
        if context.paths.of(node) & EVERY_SHARP:
            yield self.found(node.args[1], f"{function} of a function with a sharp end.", "Write module.name.")
        own = context.is_own(node.args[0])
        stored = function in ("setattr", "delattr")
        for name in sorted(text.known):
            if function == "hasattr" and name in DUNDERS | CALLED_IN_PLAIN:
                continue
            if _closed(name, stored=stored, own=own, context=context):
                yield self.found(node.args[1], f"{function} with the name {name!r}.", _HINT)

    def _beginning(self, node: ast.Call, function: str, text: Text, context: Context) -> Findings:
        start = text.prefix
        names = _OF_THE_MODEL if context.is_self(node.args[0]) else REGISTRIES | dangerous_names()
        if not _harmless_start(start, names):
            what = f"a name that begins with {start!r}" if start else "a name that is made at run time"
            yield self.found(node.args[1], f"{function} with {what}.", _HINT)


def harmless_of_the_model(name: ast.expr, context: Context, *, stored: bool) -> bool:
    """Whether what the expression may name is harmless as an attribute of the model itself."""
    text = context.texts.of(name)
    if text.known is None:
        return not stored and _harmless_start(text.prefix, _OF_THE_MODEL)
    return not any(_closed(each, stored=stored, own=True, context=context) for each in text.known)


def _harmless_start(start: str, names: frozenset[str]) -> bool:
    """Whether no closed name begins so, whatever follows."""
    if not start or start.startswith("__") or start == "_" or not start[:1].isascii():
        return False
    return not any(name.startswith(start) for name in names)


def _closed(name: str, *, stored: bool, own: bool, context: Context) -> bool:
    if not name.isascii():
        return True
    if special(name):
        return stored or name not in (DUNDERS if own else ANY_DUNDERS)
    if name in dangerous_names():
        return name in ALWAYS or name in INTROSPECTION or not (own and name in context.own_names)
    known = own or name in PRIVATE or (name in context.own_names and name not in library_names())
    return own_name(name) and (name in PRIVATE_POWERFUL or not known)
