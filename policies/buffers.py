"""Whether an expression is surely no view of an array of objects: what numpy.frombuffer may be given.

An array of Python objects is an array of addresses, and whoever writes into its memory makes objects out of numbers.
So a value counts as safe only when the file shows where it comes from: bytes made here, the input, what a listed
function gives. Everything else is unknown, and unknown is not safe.
"""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from policies.builtins import BY_NAME
from policies.scopes import Binding

if TYPE_CHECKING:
    from policies.context import Context

_STEPS = 12  # expressions inside expressions that are followed

_COPIES = ("bytes", "bytearray", "str", "int", "float", "bool", "len", "ord", "chr", "hex", "range", "list", "tuple")
_BYTES_MODULES = frozenset({"base64", "binascii", "gzip", "zlib"})
_BYTES_PATHS = frozenset({"json.dumps", "json.loads", "struct.pack", "random.randbytes", "numpy.random.bytes"})
# Of texts, bytes and lists: each gives a text, bytes or a list again, never something that lay in the list.
_METHODS = frozenset(
    "encode decode strip lstrip rstrip removeprefix removesuffix replace join ljust rjust zfill lower upper hex fromhex "
    "expandtabs swapcase translate copy".split()
)
_STREAMS = frozenset({"io.BytesIO"})
_READS = frozenset({"getvalue", "getbuffer", "read", "read1", "readline"})
_ARRAYS = frozenset(
    f"numpy.{name}" for name in "arange array asarray ascontiguousarray concatenate linspace ones stack zeros".split()
)
_ARRAY_METHODS = frozenset("astype clip copy flatten ravel reshape round transpose".split())
_PICTURES = frozenset(f"PIL.Image.{name}" for name in ("fromarray", "frombytes", "new", "open"))
_PICTURE_METHODS = frozenset("convert copy crop resize rotate transpose".split())

# What torch calls by itself, with arguments that are not in the file. A test holds this against torch's own class.
CALLED_BY_TORCH = frozenset(
    """
    _apply _call_impl _get_abs_string_index _get_backward_hooks _get_backward_pre_hooks _get_item_by_idx
    _get_name _load_from_state_dict _maybe_warn_non_full_backward_hook _named_members
    _register_load_state_dict_pre_hook _register_state_dict_hook _replicate_for_data_parallel
    _save_to_state_dict _slow_forward _wrapped_call_impl add_module append apply bfloat16 buffers children clear
    compile cpu cuda double eval extend extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half insert ipu items keys load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters pop register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
    share_memory state_dict to to_empty train type update values xpu zero_grad
    """.split()
)


class Buffers:
    """Follows values within one file, as far as a reader would."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def safe(self, node: ast.expr) -> bool:
        """Whether the value is surely bytes, a text, a number, or a list: no memory of an array of objects."""
        return _Query(self._context, self).safe(node, _STEPS)

    def array(self, node: ast.expr) -> bool:
        """Whether the value is surely a numpy array that a function just made."""
        return _Query(self._context, self).made(node, _ARRAYS, _ARRAY_METHODS, _STEPS)

    @cached_property
    def names_read(self) -> dict[str, list[ast.Name | ast.Attribute]]:
        """Every name and attribute of the file, bindings excepted, by what it is called."""
        found: dict[str, list[ast.Name | ast.Attribute]] = {}
        for node in self._context.parents:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append(node)
            elif isinstance(node, ast.Attribute):
                found.setdefault(node.attr, []).append(node)
        return found

    def hidden_use(self, name: str) -> bool:
        """Whether the name may be reached by a text: getattr, setattr, a registry."""
        return name in self._texts or any(name.startswith(start) for start in self._starts)

    @cached_property
    def _texts(self) -> frozenset[str]:
        constants = (each for each in self._context.parents if isinstance(each, ast.Constant))
        return frozenset(each.value for each in constants if isinstance(each.value, str))

    @cached_property
    def _starts(self) -> tuple[str, ...]:
        """How the names begin that getattr and its like are given; "" when that can't be said."""
        context, found = self._context, []
        for call in context.parents:
            if isinstance(call, ast.Call) and any(context.is_builtin(call.func, name) for name in BY_NAME):
                text = context.texts.of(call.args[1]) if len(call.args) > 1 else None
                found.extend(text.known if text and text.known is not None else [text.prefix if text else ""])
        return tuple(found)


class _Query:
    """One question. Everything looked at must be safe for the answer to be yes, so what is in question counts as
    safe until something is found that isn't: a value that comes from itself is as safe as what else it comes from."""

    def __init__(self, context: Context, file: Buffers) -> None:
        self._context = context
        self._file = file
        self._seen: set[ast.AST] = set()

    def safe(self, node: ast.expr, steps: int) -> bool:
        if node in self._seen:
            return True
        if steps == 0:
            return False
        self._seen.add(node)
        return self._safe(node, steps - 1)

    def _safe(self, node: ast.expr, steps: int) -> bool:
        match node:
            case ast.Constant() | ast.JoinedStr() | ast.List() | ast.Tuple() | ast.ListComp() | ast.GeneratorExp():
                return True
            case ast.NamedExpr(value=value) | ast.Subscript(value=value, slice=ast.Slice()):
                return self.safe(value, steps)
            case ast.BinOp(left=left, right=right):
                return self.safe(left, steps) and self.safe(right, steps)
            case ast.IfExp(body=body, orelse=orelse):
                return self.safe(body, steps) and self.safe(orelse, steps)
            case ast.BoolOp(values=values):
                return all(self.safe(each, steps) for each in values)
            case ast.Name():
                bindings, _ = self._context.bindings(node)
                return bool(bindings) and all(self._bound(each, steps) for each in bindings)
            case ast.Call():
                return self._call(node, steps)
        return False

    def _bound(self, binding: Binding, steps: int) -> bool:
        if binding.kind == "delete":
            return True
        if binding.kind == "argument":
            return isinstance(binding.node, ast.arg) and self._argument(binding.node, steps)
        if binding.value is not None:
            return self.safe(binding.value, steps)
        parent = self._context.parents.get(binding.node)
        return isinstance(parent, ast.AugAssign) and self.safe(parent.value, steps)

    # Calls, by what is called.

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
        own = self._own_function(function)
        if own is not None:
            return self._returns(own, steps)
        if not isinstance(function, ast.Attribute):
            return False
        if function.attr in _READS:
            return self.made(function.value, _STREAMS, frozenset(), steps)
        if function.attr == "tobytes":
            arrays = self.made(function.value, _ARRAYS, _ARRAY_METHODS, steps)
            return arrays or self.made(function.value, _PICTURES, _PICTURE_METHODS, steps)
        return function.attr in _METHODS and self.safe(function.value, steps)

    def made(self, node: ast.expr, makers: frozenset[str], methods: frozenset[str], steps: int) -> bool:
        """Whether the value is what one of these functions gives, or what these methods of it give."""
        if steps == 0:
            return False
        if isinstance(node, ast.Call):
            paths = self._context.paths.surely(node.func)
            if paths:
                return paths <= makers
            if not isinstance(node.func, ast.Attribute) or node.func.attr not in methods:
                return False
            return self.made(node.func.value, makers, methods, steps - 1)
        if not isinstance(node, ast.Name):
            return False
        values = [each.value or entered(each.node, self._context) for each in self._context.bindings(node)[0]]
        return bool(values) and all(
            value is not None and self.made(value, makers, methods, steps - 1) for value in values
        )

    # Functions of the file's own: what they are given, and what they give.

    def _argument(self, argument: ast.arg, steps: int) -> bool:
        """Whether every call that the file holds gives this argument something safe, and nobody else calls it.

        Whoever runs the model calls predict_single with bytes, texts and what JSON can say.
        """
        function = self._context.parents.get(self._context.parents[argument])
        if not isinstance(function, ast.FunctionDef) or not self._plain(function):
            return False
        place = _place(function, argument)
        if place is None or function.name in CALLED_BY_TORCH or function.name.startswith("__"):
            return False
        if self._file.hidden_use(function.name):
            return False
        defaults = _default(function, argument)
        if defaults is not None and not self.safe(defaults, steps):
            return False
        uses = (use for use in self._file.names_read.get(function.name, []) if self._may_mean(use, function))
        return all(self._gives_safely(use, function, place, argument.arg, steps) for use in uses)

    def _may_mean(self, use: ast.Name | ast.Attribute, function: ast.FunctionDef) -> bool:
        if isinstance(use, ast.Name):
            return any(each.node is function for each in self._context.bindings(use)[0])
        return self._in_class(function)

    def _gives_safely(self, use: ast.Name | ast.Attribute, function: ast.FunctionDef, place: int, name: str, steps: int) -> bool:
        call = self._context.parents.get(use)
        if not isinstance(call, ast.Call) or call.func is not use:
            return False
        if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
            return False
        bound = isinstance(use, ast.Attribute) and not self._is_static(function)
        if isinstance(use, ast.Attribute) and not self._context.is_self(use.value):
            return False
        at = place - 1 if bound else place
        given = [*call.args[at : at + 1], *(each.value for each in call.keywords if each.arg == name)]
        return all(self.safe(each, steps) for each in given)

    def _own_function(self, function: ast.expr) -> ast.FunctionDef | None:
        """The one function of the file that is called here, or None."""
        bindings: list[Binding] = []
        if isinstance(function, ast.Name):
            bindings = self._context.bindings(function)[0]
        elif isinstance(function, ast.Attribute) and self._context.is_self(function.value) and self._context.model:
            bindings = self._context.scopes.inside[self._context.model].bindings.get(function.attr, [])
            stored = (isinstance(each.ctx, ast.Store) for each in self._file.names_read.get(function.attr, []))
            if any(stored) or self._file.hidden_use(function.attr):
                return None
        found = bindings[0].node if len(bindings) == 1 else None
        return found if isinstance(found, ast.FunctionDef) and self._plain(found) else None

    def _returns(self, function: ast.FunctionDef, steps: int) -> bool:
        if function in self._seen:
            return True
        self._seen.add(function)
        inside = self._context.scopes.inside[function]
        own = [node for node, scope in self._context.scopes.of.items() if scope is inside]
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own):
            return False
        returned = [node.value for node in own if isinstance(node, ast.Return) and node.value is not None]
        return all(self.safe(each, steps) for each in returned)

    def _plain(self, function: ast.FunctionDef) -> bool:
        """Whether calling the function is calling it: no decorator but those that hand it on as it is."""
        return all(
            self._context.is_builtin(each, "staticmethod") or self._context.keeps_self(each)
            for each in function.decorator_list
        ) and not any(self._context.is_builtin(each, "property") for each in function.decorator_list)

    def _in_class(self, function: ast.FunctionDef) -> bool:
        return isinstance(self._context.parents.get(function), ast.ClassDef)

    def _is_static(self, function: ast.FunctionDef) -> bool:
        return any(self._context.is_builtin(each, "staticmethod") for each in function.decorator_list)


def _gives_bytes(path: str) -> bool:
    return path in _BYTES_PATHS or path.rpartition(".")[0] in _BYTES_MODULES


def _place(function: ast.FunctionDef, argument: ast.arg) -> int | None:
    """The position of the argument; a large one for a keyword's; None for *args and **kwargs."""
    plain = [*function.args.posonlyargs, *function.args.args]
    if argument in plain:
        return plain.index(argument)
    return len(plain) + 1 if argument in function.args.kwonlyargs else None


def _default(function: ast.FunctionDef, argument: ast.arg) -> ast.expr | None:
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    given = dict(zip(reversed(plain), reversed(arguments.defaults), strict=False))
    given.update({key: value for key, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value})
    return given.get(argument)


def entered(target: ast.AST, context: Context) -> ast.expr | None:
    """What ``with value as target`` enters."""
    parent = context.parents.get(target)
    return parent.context_expr if isinstance(parent, ast.withitem) and parent.optional_vars is target else None
