"""CL408."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.sharp import PICTURE_FROM_BYTES

_CODEC_AT = 3  # after mode, size and data
_HARMLESS = frozenset({"raw", "C", "F", "A"})  # PIL's plain codec, and the orders of numpy's tobytes


class PictureCodecs(Rule):
    """Pictures become bytes, and bytes pictures, without a codec of one's own choice.

    What: The name of the codec given to .tobytes, .frombytes, PIL.Image.frombytes and PIL.Image.frombuffer is left
    out or "raw".

    Why: Some of PIL's codecs take numbers of open files among their arguments.

    Example:
        picture.tobytes("libtiff", "L", "raw", 3)      # refused
        picture.save(buffer, "TIFF")                   # accepted
        array.tobytes()                                # accepted
    """

    code = "CL408"
    name = "allow pictures as raw bytes"

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        given = _codec(node, context)
        if given is None:
            return
        known = context.texts.of(given).known
        if known is None or not known <= _HARMLESS:
            yield self.found(given, "A codec of PIL is called by name.", "Use picture.save(buffer, format).")

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        parent = context.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if called or not isinstance(node.ctx, ast.Load) or context.is_own(node.value):
            return
        method = node.attr in ("tobytes", "frombytes") and context.has_pictures
        if method or context.paths.of(node) & PICTURE_FROM_BYTES:
            yield self.found(node, f"{node.attr} is used as a value.", "Call it where you need it.")


def _codec(call: ast.Call, context: Context) -> ast.expr | None:
    """The argument that says which codec; a star may hide it and counts as one."""
    if context.paths.of(call.func) & PICTURE_FROM_BYTES:
        at, keyword = _CODEC_AT, "decoder_name"
    elif isinstance(call.func, ast.Attribute) and call.func.attr in ("tobytes", "frombytes"):
        at, keyword = (0, "encoder_name") if call.func.attr == "tobytes" else (1, "decoder_name")
        if not context.has_pictures:
            return None
    else:
        return None
    starred = [each for each in call.args if isinstance(each, ast.Starred)]
    doubled = [each.value for each in call.keywords if each.arg in (None, keyword)]
    return next(iter([*starred, *doubled, *call.args[at : at + 1]]), None)
