"""CL412."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.source import Finding

# What PIL's pictures and fonts read and write by.
_INSIDES = frozenset(
    {"tile", "fp", "path", "font_bytes", "decoderconfig", "encoderconfig", "encoderinfo", "decodermaxblock"}
)
_LISTS = frozenset({"tile", "decoderconfig", "encoderconfig"})  # to be changed in place
_FONTS = "PIL.ImageFont"


class PictureInsides(Rule):
    """Pictures and fonts are read by what they were made from.

    What: In a file that uses PIL, tile, fp, path and the like are assigned on self only, and tile is called (a
    tensor's, an array's) or left alone. In a file with fonts the class that type(x) and x.__class__ give is not
    called.

    Why: A picture reads its pixels by the list in tile, codec and number of an open file in it, and a font that is
    copied opens the file that path names. The class of a font opens one too.

    Example:
        picture.tile = [("libtiff", ...)]          # refused
        copy.copy(font)                            # accepted, as long as nothing assigned font.path
        x.tile((2, 1))                             # accepted
    """

    code = "CL412"
    name = "allow pictures as they were opened"

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        if node.attr not in _INSIDES or not context.has_pictures or _own_or_a_module(node.value, context):
            return
        parent = context.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if not isinstance(node.ctx, ast.Load) or (node.attr in _LISTS and not called):
            yield self._changed(node, node.attr)

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        if not context.has_pictures:
            return
        asked = any(context.is_builtin(node.func, name) for name in ("getattr", "setattr", "delattr"))
        if asked and len(node.args) > 1 and not _own_or_a_module(node.args[0], context):
            names = _LISTS if context.is_builtin(node.func, "getattr") else _INSIDES
            for name in sorted(names & (context.texts.of(node.args[1]).known or frozenset())):
                yield self._changed(node, name)
        if _a_class_asked_for(node.func, context) and any(path.startswith(_FONTS) for path in context.used_paths):
            yield self.found(node, "The class of something is called in a file with fonts.", "Call it by its name.")

    def _changed(self, node: ast.AST, name: str) -> Finding:
        return self.found(
            node, f"{name} of a picture or a font is used.", "Make another with Image.open or ImageFont.load_default."
        )


def _own_or_a_module(node: ast.expr, context: Context) -> bool:
    return context.is_own(node) or bool(context.paths.modules(node))


def _a_class_asked_for(function: ast.expr, context: Context) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr == "__class__" and not context.is_self(function.value)
    if not isinstance(function, ast.Call) or not context.is_builtin(function.func, "type"):
        return False
    return not (function.args and context.is_self(function.args[0]))
