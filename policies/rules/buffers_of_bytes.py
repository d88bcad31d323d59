"""CL411."""

from __future__ import annotations

import ast

from policies.context import Context
from policies.rules.rule import Findings, Rule
from policies.sharp import FROM_BUFFER

_AS_TENSOR = "torch.asarray"


class BuffersOfBytes(Rule):
    """Arrays, tensors and pictures are laid over bytes only.

    What: In a file that uses numpy or PIL, or .numpy() of a tensor, the buffer given to numpy.frombuffer,
    torch.frombuffer, torch.asarray and PIL.Image.frombuffer comes, readably, from bytes: the input, a slice of it,
    bytes(...), bytearray(...), base64, zlib, struct.pack, .encode(), an io.BytesIO, .tobytes() of an array that was
    just made. The functions are called, not passed on.

    Why: An array of Python objects is an array of addresses. Laid over its memory, numbers are written where
    addresses are read, and an address made up is any object at all.

    Example:
        np.frombuffer(self.table, np.uint8)        # refused: what it is can't be read here
        np.frombuffer(bytes(self.table), np.uint8) # accepted
        np.frombuffer(x, np.float32)               # accepted: the input of predict_single
        torch.asarray(self.table.data)             # refused
        torch.as_tensor(self.table)                # accepted
    """

    code = "CL411"
    name = "allow buffers of bytes"

    def visit_Call(self, node: ast.Call, context: Context) -> Findings:
        for path in sorted(context.paths.of(node.func) & FROM_BUFFER.keys()):
            if context.has_arrays and not _laid_over_bytes(node, path, context):
                hint = "Use torch.as_tensor." if path == _AS_TENSOR else "Wrap what you give it: bytes(...)."
                yield self.found(node, f"{path} of something that may be no bytes.", hint)

    def visit_Name(self, node: ast.Name, context: Context) -> Findings:
        yield from self._passed_on(node, context)

    def visit_Attribute(self, node: ast.Attribute, context: Context) -> Findings:
        yield from self._passed_on(node, context)

    def _passed_on(self, node: ast.Name | ast.Attribute, context: Context) -> Findings:
        if not isinstance(node.ctx, ast.Load) or not context.paths.of(node) & FROM_BUFFER.keys():
            return
        parent = context.parents.get(node)
        if context.has_arrays and not (isinstance(parent, ast.Call) and parent.func is node):
            yield self.found(node, f"{ast.unparse(node)[:60]} is used as a value.", "Call it where you need it.")


def _laid_over_bytes(call: ast.Call, path: str, context: Context) -> bool:
    place, keyword = FROM_BUFFER[path]
    if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
        return False
    given = [*call.args[place : place + 1], *(each.value for each in call.keywords if each.arg == keyword)]
    if path == _AS_TENSOR and all(context.buffers.array(each) for each in given):
        return True
    return all(context.buffers.safe(each) for each in given)
