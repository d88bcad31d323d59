"""Modules that come when something asks for them: parts of torch that importing it brings and few models use.

While torch is imported an empty module stands in the place of each. Whoever takes a name out of one gets the
real module there and then, in the order it would have had. Those that nobody asked are taken away afterwards:
the next ``import`` finds the real one, and so does an attribute of the package they belong to.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# None registers anything that the rest of torch, or a model without them, would miss.
_PACKAGES = (
    "torch.ao",
    "torch.export",
    "torch.masked",
    "torch.nn.intrinsic",
    "torch.nn.qat",
    "torch.nn.quantizable",
    "torch.nn.quantized",
    "torch.optim",
    "torch.profiler",
    "torch.quantization",
    "torch.utils.data",
)
_MODULES = (
    "torch.hub",  # brings an HTTP client and ssl
    "unittest.mock",  # brings asyncio
)


@contextmanager
def modules() -> Iterator[None]:
    """Inside, importing torch leaves them out; afterwards they are found where they belong."""
    places = {name: _Place(name) for name in (*_PACKAGES, *_MODULES) if name not in sys.modules}
    if hub := places.get("torch.hub"):
        hub.__dict__["tqdm"] = _progress  # torch.fx takes it at once
    sys.modules.update(places)
    try:
        yield
    finally:
        for name, place in places.items():
            _take_away(name, place)


def _progress(*args: Any, **kwargs: Any) -> Any:
    return importlib.import_module("torch.hub").tqdm(*args, **kwargs)


class _Place(types.ModuleType):
    """An empty module that becomes the real one's forwarder with the first name somebody wants of it."""

    def __getattr__(self, attribute: str) -> Any:
        # Looking through all modules for one's file asks for such names, and means nothing by it.
        if attribute.startswith("__") and (attribute != "__path__" or self.__name__ in _MODULES):
            raise AttributeError(attribute)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), attribute)


def _take_away(name: str, place: _Place) -> None:
    if sys.modules.get(name) is not place:
        return
    del sys.modules[name]
    parent_name, _, child = name.rpartition(".")
    parent = sys.modules.get(parent_name)
    if parent is None:
        return
    parent.__dict__.pop(child, None)
    parent.__dict__["__getattr__"] = _with_child(parent_name, child, parent.__dict__.get("__getattr__"))


def _with_child(parent: str, child: str, otherwise: Callable[[str], Any] | None) -> Callable[[str], Any]:
    """The package's own ``__getattr__``, and the module that is loaded when it is asked for."""

    def attribute(name: str) -> Any:
        if name == child:
            return importlib.import_module(f"{parent}.{child}")
        if otherwise is not None:
            return otherwise(name)
        raise AttributeError(f"module {parent!r} has no attribute {name!r}")

    return attribute
