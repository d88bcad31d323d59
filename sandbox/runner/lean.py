"""Torch without what only symbolic tracing needs, until something needs it.

``import torch`` registers kernels written in Python for the meta device, and with them loads reference
implementations and decompositions of every operator: an eighth of an idle sandbox's memory and of its start.
Ordinary inference uses none of it. Here torch finds an empty module in the place of the registrations, and
the real one is loaded, whole and in torch's own order, before anything that belongs to it is imported or
looked up.

One thing can't be seen coming: an operator on meta tensors whose kernel is only there. ``needed_by`` looks
for the signs in a source, and who meets ``NotImplementedError`` calls ``complete`` and may try again.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import types
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec

from sandbox.runner import late

_REGISTRATIONS = "torch._meta_registrations"
# What the registrations bring in. Imported in another order than theirs, these import each other in circles.
_PACKAGES = ("torch._refs", "torch._prims", "torch._decomp")
_MODULES = ("torch._prims_common.wrappers", "torch.utils._content_store")
# Words without which nobody gets a tensor without data.
_SIGNS = re.compile(r"\b(meta|prims|rngprims)\b|FakeTensor|fake_tensor|_refs|_decomp|_meta_registrations")


def import_torch() -> None:
    """Import torch lean. Does nothing where torch is imported already."""
    if "torch" in sys.modules:
        return
    sys.modules[_REGISTRATIONS] = types.ModuleType(_REGISTRATIONS)
    try:
        with late.modules():
            torch = importlib.import_module("torch")
    finally:
        del sys.modules[_REGISTRATIONS]
    torch.__dict__.pop("_meta_registrations", None)
    # All that the rest of torch waits for in there: without it nobody gets a generator of random numbers.
    vars(torch)["_C"]._set_generator_metaclass(importlib.import_module("torch._opaque_base").OpaqueBaseMeta)
    # torch's own way to load a module when its attribute is asked for.
    vars(torch)["_lazy_modules"].update(name.rpartition(".")[2] for name in (_REGISTRATIONS, *_PACKAGES))
    sys.meta_path.insert(0, _RegistrationsFirst())


def complete() -> None:
    """Make torch whole. Cheap when it is."""
    importlib.import_module(_REGISTRATIONS)


def needed_by(source: str) -> bool:
    """Whether a model may make tensors without data of its own. Wrong in the one direction costs memory only."""
    return _SIGNS.search(source) is not None


class _RegistrationsFirst:
    """Finds a module of the late ones by importing the registrations, which load it in its turn."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """None for every other module, and for all once the registrations are being loaded."""
        if name != _REGISTRATIONS and name not in _MODULES and not _within(name):
            return None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        if name == _REGISTRATIONS:
            return None
        complete()
        found = sys.modules.get(name)
        if found is None:
            return None
        # The import system prefers the specification of a module that appeared while it looked for one.
        found.__spec__ = importlib.util.spec_from_loader(name, _Loaded(found))
        return found.__spec__


def _within(name: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in _PACKAGES)


class _Loaded(Loader):
    """Hands out a module that is loaded, as it is."""

    def __init__(self, module: types.ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """The module."""
        return self._module

    def exec_module(self, module: types.ModuleType) -> None:
        """It ran already; only what the import system wrote into it is put back."""
        module.__spec__ = self._spec
