"""Whether an expression is surely no view of an array of objects: what numpy.frombuffer may be given.

An array of Python objects is an array of addresses, and whoever writes into its memory makes objects out of numbers.
So a value counts as safe only when the file shows where it comes from: bytes made here, the input, what a listed
function gives. Everything else is unknown, and unknown is not safe.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from policies.scopes import Binding

if TYPE_CHECKING:
    from policies.context import Context

_STEPS = 12  # expressions inside expressions that are followed

_COPIES = ("bytes", "bytearray", "str", "int", "float", "bool", "len", "ord", "chr", "hex", "range", "list", "tuple")
_BYTES_MODULES = frozenset({"base64", "binascii", "gzip", "zlib"})
_BYTES_PATHS = frozenset({"json.dumps", "json.loads", "struct.pack", "random.randbytes", "numpy.random.bytes"})
# Of texts, bytes and lists: each gives a text, bytes or a list again, never something that lay in the list.
_METHODS = frozenset(
    {
        "encode", "decode", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace", "join", "ljust",
        "rjust", "zfill", "lower", "upper", "hex", "fromhex", "expandtabs", "swapcase", "translate", "copy",
    }
)  # fmt: skip
_SPLITS = frozenset({"partition", "rpartition", "split", "rsplit", "splitlines"})
_STREAMS = frozenset({"io.BytesIO"})
_READS = frozenset({"getvalue", "getbuffer", "read", "read1", "readline"})
_MAKERS = ("arange", "array", "asarray", "ascontiguousarray", "concatenate", "linspace", "ones", "stack", "zeros")
_ARRAYS = frozenset(f"numpy.{name}" for name in _MAKERS)
_ARRAY_METHODS = frozenset({"astype", "clip", "copy", "flatten", "ravel", "reshape", "round", "transpose"})
_PICTURES = frozenset(f"PIL.Image.{name}" for name in ("fromarray", "frombytes", "new", "open"))
_PICTURE_METHODS = frozenset({"convert", "copy", "crop", "resize", "rotate", "transpose"})


class Buffers:
    """Follows values within one file. Keeps nothing between questions."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def safe(self, node: ast.expr) -> bool:
        """Whether the value is surely bytes, a text, a number, or a list: no memory of an array of objects."""
        return _Question(self._context).safe(node, _STEPS)

    def array(self, node: ast.expr) -> bool:
        """Whether the value is surely a numpy array that a function just made."""
        return _Question(self._context).made(node, _ARRAYS, _ARRAY_METHODS, _STEPS)


class _Question:
    """One question. Everything looked at must be safe for the answer to be yes, so what is in question counts as
    safe until something is found that isn't: a value that comes from itself is as safe as what else it comes from."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: set[ast.AST] = set()

    def safe(self, node: ast.expr, steps: int) -> bool:
        """Whether the value is safe, everything it may come from looked at."""
        if node in self._seen:
            return True
        if steps == 0:
            return False
        self._seen.add(node)
        if isinstance(node, _PLAIN) or (isinstance(node, ast.Subscript) and self._split(node.value, steps - 1)):
            return True
        if isinstance(node, ast.Name):
            return self._name(node, steps - 1)
        if isinstance(node, ast.Call):
            return self._call(node, steps - 1)
        parts = _parts(node)
        return bool(parts) and all(self.safe(each, steps - 1) for each in parts)

    def _name(self, node: ast.Name, steps: int) -> bool:
        bindings = [each for each in self._context.bindings(node)[0] if each.kind != "delete"]
        return bool(bindings) and all(self._bound(each, steps) for each in bindings)

    def _bound(self, binding: Binding, steps: int) -> bool:
        if binding.value is not None:
            return self.safe(binding.value, steps)
        if binding.kind == "argument" and isinstance(binding.node, ast.arg):
            given = self._context.functions.given(binding.node)
            return given is not None and all(self.safe(each, steps) for each in given)
        parent = self._context.parents.get(binding.node)
        if isinstance(parent, ast.Tuple | ast.List):
            return self._unpacked(parent, binding.node, steps)
        return isinstance(parent, ast.AugAssign) and self.safe(parent.value, steps)

    def _unpacked(self, target: ast.Tuple | ast.List, name: ast.AST, steps: int) -> bool:
        """``at, data = 12, None`` and ``head, _, data = text.partition(",")``."""
        statement = self._context.parents.get(target)
        if not isinstance(statement, ast.Assign) or any(isinstance(each, ast.Starred) for each in target.elts):
            return False
        value = statement.value
        if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
            return self.safe(value.elts[[id(each) for each in target.elts].index(id(name))], steps)
        return self._split(value, steps)

    def _split(self, value: ast.expr, steps: int) -> bool:
        """A text or bytes, taken apart: each part is one again."""
        method = value.func if isinstance(value, ast.Call) else None
        parts = isinstance(method, ast.Attribute) and method.attr in _SPLITS
        return parts and isinstance(method, ast.Attribute) and self.safe(method.value, steps)

    def _call(self, call: ast.Call, steps: int) -> bool:
        context, function = self._context, call.func
        if any(context.is_builtin(function, name) for name in _COPIES):
            return True
        if context.is_builtin(function, "memoryview"):
            return len(call.args) == 1 and self.safe(call.args[0], steps)
        paths = context.paths.surely(function)
        if paths:
            # json.loads gives what its hooks give.
            return all(_gives_bytes(path) for path in paths) and not (call.keywords and "json.loads" in paths)
        own = context.functions.called(function)
        if own is not None:
            return self._returns(own, steps)
        return isinstance(function, ast.Attribute) and self._method(function, steps)

    def _returns(self, function: ast.FunctionDef, steps: int) -> bool:
        if function in self._seen:
            return True
        self._seen.add(function)
        returned = self._context.functions.returned(function)
        return returned is not None and all(self.safe(each, steps) for each in returned)

    def _method(self, method: ast.Attribute, steps: int) -> bool:
        if method.attr in _READS:
            return self.made(method.value, _STREAMS, frozenset(), steps)
        if method.attr == "tobytes":
            arrays = self.made(method.value, _ARRAYS, _ARRAY_METHODS, steps)
            return arrays or self.made(method.value, _PICTURES, _PICTURE_METHODS, steps)
        return method.attr in _METHODS and self.safe(method.value, steps)

    def made(self, node: ast.expr, makers: frozenset[str], methods: frozenset[str], steps: int) -> bool:
        """Whether the value is what one of these functions gives, or what these methods of it give."""
        if steps == 0:
            return False
        if isinstance(node, ast.Call):
            paths = self._context.paths.surely(node.func)
            if paths:
                return paths <= makers
            chained = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr in methods else None
            return chained is not None and self.made(chained, makers, methods, steps - 1)
        if not isinstance(node, ast.Name):
            return False
        values = [each.value or entered(each.node, self._context) for each in self._context.bindings(node)[0]]
        return bool(values) and all(
            value is not None and self.made(value, makers, methods, steps - 1) for value in values
        )


_PLAIN = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp)


def _parts(node: ast.expr) -> list[ast.expr]:
    """The values that the expression is one of, or is put together of; none for what isn't known."""
    match node:
        case ast.NamedExpr(value=value) | ast.Subscript(value=value, slice=ast.Slice()):
            return [value]
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
        case ast.BoolOp(values=values):
            return values
    return []


def _gives_bytes(path: str) -> bool:
    return path in _BYTES_PATHS or path.rpartition(".")[0] in _BYTES_MODULES


def entered(target: ast.AST, context: Context) -> ast.expr | None:
    """What ``with value as target`` enters."""
    parent = context.parents.get(target)
    return parent.context_expr if isinstance(parent, ast.withitem) and parent.optional_vars is target else None
