"""The functions of one file: which one a call means, who calls it with what, and what it gives."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from policies.allowlist.entries import called_by_libraries
from policies.builtins import BY_NAME
from policies.scopes import Binding

if TYPE_CHECKING:
    from policies.context import Context

_TORCH = """
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
    """
# What torch calls by itself, with arguments that are not in the file. A test holds this against torch's own class.
CALLED_BY_TORCH = frozenset(_TORCH.split())
# What the standard library calls on what it is given: json, hmac, print, traceback, contextlib, collections.
_PYTHON = """
    append as_integer_ratio clear close compare conjugate copy count decode default digest dst encode expand extend
    fileno flush fromutc get getrandbits hexdigest index insert is_integer isatty items iterencode keys new pop
    popitem random raw_decode read read1 readinto readline readlines remove reverse seed seek send setdefault shuffle
    sort sub tell throw truncate tzname update utcoffset values write writelines
    """
_CALLED_BY_PYTHON = frozenset(_PYTHON.split())


class Functions:
    """Follows functions within one file, as far as a reader would."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def called(self, function: ast.expr) -> ast.FunctionDef | None:
        """The one function of the file that is called here, or None."""
        bindings: list[Binding] = []
        if isinstance(function, ast.Name):
            bindings = self._context.bindings(function)[0]
        elif isinstance(function, ast.Attribute) and self._context.is_self(function.value) and self._context.model:
            bindings = self._context.scopes.inside[self._context.model].bindings.get(function.attr, [])
            stored = (isinstance(each.ctx, ast.Store) for each in self._named.get(function.attr, []))
            if any(stored) or self._hidden(function.attr):
                return None
        found = bindings[0].node if len(bindings) == 1 else None
        return found if isinstance(found, ast.FunctionDef) and self._plain(found) else None

    def returned(self, function: ast.FunctionDef) -> list[ast.expr] | None:
        """The values that the function returns; None for a generator."""
        inside = self._context.scopes.inside[function]
        own = [node for node, scope in self._context.scopes.of.items() if scope is inside]
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own):
            return None
        return [node.value for node in own if isinstance(node, ast.Return) and node.value is not None]

    def given(self, argument: ast.arg) -> list[ast.expr] | None:
        """What every call gives this argument, its default among them; None when not every call is known.

        A method that nothing in the file names is called by nobody, or by whoever runs the model: predict_single.
        """
        function = self._context.parents.get(self._context.parents[argument])
        if not isinstance(function, ast.FunctionDef) or not self._plain(function):
            return None
        place = _place(function, argument)
        if place is None or self._called_elsewhere(function) or self._hidden(function.name):
            return None
        found = [each for each in [_default(function, argument)] if each is not None]
        for use in self._uses(function):
            values = self._by_call(use, function, place, argument.arg)
            if values is None:
                return None
            found += values
        return found

    def _called_elsewhere(self, function: ast.FunctionDef) -> bool:
        """Whether a library may call the function by its name, on a model that it was handed."""
        if not isinstance(self._context.parents.get(function), ast.ClassDef):
            return False
        name = function.name
        libraries = CALLED_BY_TORCH | _CALLED_BY_PYTHON | called_by_libraries()
        return name.startswith("__") or name in libraries

    def _by_call(
        self, use: ast.Name | ast.Attribute, function: ast.FunctionDef, place: int, name: str
    ) -> list[ast.expr] | None:
        call = self._context.parents.get(use)
        if not isinstance(call, ast.Call) or call.func is not use:
            return None
        if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
            return None
        if isinstance(use, ast.Attribute):
            if not self._context.is_self(use.value):
                return None
            static = any(self._context.is_builtin(each, "staticmethod") for each in function.decorator_list)
            place = place if static else place - 1
        return [*call.args[place : place + 1], *(each.value for each in call.keywords if each.arg == name)]

    def _uses(self, function: ast.FunctionDef) -> Iterator[ast.Name | ast.Attribute]:
        in_class = isinstance(self._context.parents.get(function), ast.ClassDef)
        for use in self._named.get(function.name, []):
            if isinstance(use, ast.Attribute):
                if in_class:
                    yield use
            elif any(each.node is function for each in self._context.bindings(use)[0]):
                yield use

    def _plain(self, function: ast.FunctionDef) -> bool:
        """Whether calling the function is calling it: no decorator but those that hand it on as it is."""
        context = self._context
        return all(
            context.is_builtin(each, "staticmethod")
            or (context.keeps_self(each) and not context.is_builtin(each, "property"))
            for each in function.decorator_list
        )

    @cached_property
    def _named(self) -> dict[str, list[ast.Name | ast.Attribute]]:
        """Every name that is read and every attribute of the file, by what it is called."""
        found: dict[str, list[ast.Name | ast.Attribute]] = {}
        for node in self._context.parents:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append(node)
            elif isinstance(node, ast.Attribute):
                found.setdefault(node.attr, []).append(node)
        return found

    def _hidden(self, name: str) -> bool:
        """Whether the name may be reached by a text: getattr, setattr, a registry."""
        return name in self._texts or any(name.startswith(start) for start in self._starts)

    @cached_property
    def _texts(self) -> frozenset[str]:
        constants = (each for each in self._context.parents if isinstance(each, ast.Constant))
        return frozenset(each.value for each in constants if isinstance(each.value, str))

    @cached_property
    def _starts(self) -> tuple[str, ...]:
        """How the names begin that getattr and its like are given; "" when that can't be said."""
        context = self._context
        found: list[str] = []
        for call in context.parents:
            if isinstance(call, ast.Call) and any(context.is_builtin(call.func, name) for name in BY_NAME):
                text = context.texts.of(call.args[1]) if len(call.args) > 1 else None
                found.extend(text.known if text and text.known is not None else [text.prefix if text else ""])
        return tuple(found)


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
