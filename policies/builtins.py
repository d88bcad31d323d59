"""The built-in names a model may use, and those that only have one harmless form."""

from __future__ import annotations

import builtins

_EXCEPTIONS = frozenset(
    {
        "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "BufferError", "DeprecationWarning",
        "EOFError", "Exception", "FloatingPointError", "FutureWarning", "ImportError", "IndexError", "KeyError",
        "KeyboardInterrupt", "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotImplementedError",
        "OSError", "IOError", "FileNotFoundError", "OverflowError", "PendingDeprecationWarning", "RecursionError",
        "ReferenceError", "RuntimeError", "RuntimeWarning", "StopIteration", "SyntaxError", "SystemError",
        "TimeoutError", "TypeError", "UnboundLocalError", "UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError",
        "UserWarning", "ValueError", "Warning", "ZeroDivisionError", "PermissionError", "ConnectionError",
        "UnicodeWarning", "UnicodeTranslateError", "SyntaxWarning", "ResourceWarning", "BytesWarning",
        "ImportWarning",
    }
)  # fmt: skip

PLAIN = _EXCEPTIONS | frozenset(
    {
        "abs", "all", "any", "ascii", "bin", "bool", "bytearray", "bytes", "callable", "chr", "classmethod",
        "complex", "dict", "divmod", "enumerate", "filter", "float", "format", "frozenset", "hash", "hex", "id",
        "int", "isinstance", "issubclass", "iter", "len", "list", "map", "max", "memoryview", "min", "next", "object",
        "oct", "ord", "pow", "print", "property", "range", "repr", "reversed", "round", "set", "slice", "sorted",
        "staticmethod", "str", "sum", "tuple", "zip", "Ellipsis", "NotImplemented", "__debug__", "__doc__",
        "__name__",
    }
)  # fmt: skip

# Allowed in the forms that a rule of their own describes, and never as values.
BY_NAME = frozenset({"getattr", "setattr", "delattr", "hasattr"})
SPECIAL = BY_NAME | {"super", "type"}

# Why a built-in is refused, and what people use instead.
HINTS: dict[str, str] = {
    "__import__": "Use an import statement for a listed module.",
    "breakpoint": "Use print; what a model prints is kept with the job.",
    "compile": "Write the code as code.",
    "dir": "Name the attributes you need.",
    "eval": "Write the expression, or json.loads for data.",
    "exec": "Write the code as code.",
    "exit": "Raise an exception.",
    "globals": "Pass what you need as an argument.",
    "help": "Leave it out.",
    "input": "The input is predict_single's argument.",
    "locals": "Pass what you need as an argument.",
    "open": "There are no files: weights are loaded for you, bytes come as input (io.BytesIO), and constants belong "
    "into this file or into self.register_buffer.",
    "quit": "Raise an exception.",
    "vars": "Name the attributes you need, or use self.named_parameters().",
}

# Bound at module level they could be unbound again, and then the built-in would be meant.
# input, exit and the like do no harm in a sandbox and may be bound: people call tensors input.
RESERVED = SPECIAL | frozenset(
    {"__import__", "breakpoint", "compile", "eval", "exec", "globals", "locals", "open", "vars"}
)

EVERY = frozenset(dir(builtins)) | frozenset(HINTS)
