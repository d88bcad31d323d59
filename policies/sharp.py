"""Listed paths with a sharp end: a rule of their own says how each may be called."""

from __future__ import annotations

ARRAY = frozenset({"numpy.ndarray", "numpy.typing.NDArray"})
# What makes an array, a tensor or a picture out of memory that stays somebody else's, and which argument names it.
FROM_BUFFER = {
    "numpy.frombuffer": (0, "buffer"),
    "torch.frombuffer": (0, "buffer"),
    "torch.asarray": (0, "obj"),
    "PIL.Image.frombuffer": (2, "data"),
}
OPEN_PICTURE = frozenset({"PIL.Image.open"})
PICTURE_FROM_BYTES = frozenset({"PIL.Image.frombytes", "PIL.Image.frombuffer"})
PARAMETER_DICT = frozenset(
    {"torch.nn.ParameterDict", "torch.nn.modules.ParameterDict", "torch.nn.modules.container.ParameterDict"}
)
NAMESPACE = frozenset({"types.SimpleNamespace"})
ITEM_GETTER = frozenset({"operator.itemgetter"})
WRAPS = frozenset({"functools.wraps"})
LOG_CONFIG = frozenset({"logging.basicConfig"})
FUSE = frozenset({"torch.ao.quantization.fuse_modules", "torch.quantization.fuse_modules"})
PARAMETRIZE = frozenset({"torch.nn.utils.parametrize.register_parametrization"})
PRUNE = frozenset(
    f"torch.nn.utils.prune.{name}"
    for name in ("identity", "l1_unstructured", "ln_structured", "random_structured", "random_unstructured", "remove")
)
PRUNE_ALL = frozenset({"torch.nn.utils.prune.global_unstructured"})
_NUMBERS = ("", "BFloat16", "Bool", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short")
TENSOR_CLASSES = frozenset(f"{home}.{name}Tensor" for home in ("torch", "torch.cuda") for name in _NUMBERS)
# What makes classes, and what goes with it.
CLASS_MAKERS = frozenset(
    {f"enum.{name}" for name in ("Enum", "Flag", "IntEnum", "IntFlag", "StrEnum", "auto", "unique")}
    | {f"dataclasses.{name}" for name in ("asdict", "astuple", "dataclass", "field", "fields", "replace")}
)

# Called where they stand and never passed on.
CALLED_ONLY = ITEM_GETTER | WRAPS | LOG_CONFIG | FUSE | PARAMETRIZE | PRUNE | PRUNE_ALL

_PICTURES = OPEN_PICTURE | PICTURE_FROM_BYTES
EVERY = CALLED_ONLY | FROM_BUFFER.keys() | ARRAY | _PICTURES | PARAMETER_DICT | NAMESPACE | CLASS_MAKERS
