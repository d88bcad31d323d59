"""From two descriptors to a model: compile the source, map the weights, put them in.

The weights are mapped privately, copy-on-write, so every sandbox of a version
shares the host's page cache and none can change it. The class is built on the meta device where that
works: no random initialisation, no second copy. It doesn't work for a class that computes on its
parameters while it is built or keeps tensors that are not in the state dict; such a class is built plainly.
"""

from __future__ import annotations

import os
import sys
import types
from dataclasses import dataclass, field
from typing import Any

import torch

from sandbox.runner import frames, lean, tenant
from sandbox.runner.fit import Misfit, compare
from sandbox.runner.gpu import Gpu
from sandbox.runner.weights import Invalid, map_weights

Tensors = dict[str, torch.Tensor]


@dataclass
class LoadError(Exception):
    """The version can't be loaded, and why: the tenant's own error or a list of what doesn't fit."""

    kind: str
    message: str
    traceback: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """The fields of a ``load_failed`` frame."""
        message = self.message[: frames.MESSAGE_MAX_CHARS]
        return {"kind": self.kind, "message": message, "traceback": self.traceback, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in eval mode, and how it was built."""

    predict_single: Any
    mode: str


def load(source_fd: int, weights_fd: int, *, class_name: str, mode: str, gpu: Gpu | None = None) -> Loaded:
    """The model of ``class_name``. ``mode`` "auto" and "meta" fall back to plain; raises LoadError.

    With a GPU the model is put there, whichever way it was built.
    """
    try:
        return _load(source_fd, weights_fd, class_name=class_name, mode=mode, gpu=gpu)
    except LoadError:
        raise
    except BaseException as exc:  # a class's own code runs wherever it is looked at: state_dict, modules, eval …
        raise _own_error("The model can't be loaded", exc) from exc


def _load(source_fd: int, weights_fd: int, *, class_name: str, mode: str, gpu: Gpu | None) -> Loaded:
    source = _read(source_fd)
    if lean.needed_by(source):
        lean.complete()
    cls = _class(source, class_name)
    tensors = _map(weights_fd)
    os.close(source_fd)
    os.close(weights_fd)
    model = _on_meta(cls, tensors) if mode != "plain" else None
    used = "meta" if model is not None else "plain"
    if model is None:
        model = _plainly(cls, tensors)
    if gpu is not None:
        _put(gpu, model)
    model.eval()
    return Loaded(predict_single=model.predict_single, mode=used)


def _put(gpu: Gpu, model: torch.nn.Module) -> None:
    try:
        gpu.put(model)
    except BaseException as exc:
        ending = gpu.ending(exc)
        what = f"The model can't be put on the GPU: {tenant.message(exc)}"
        raise LoadError(ending or "load_error", what, traceback=tenant.traceback_text(exc)) from exc


def _read(fd: int) -> str:
    """UTF-8 with or without a byte order mark, as the policy that accepted it read it."""
    with open(fd, "rb", closefd=False) as file:
        return file.read().decode("utf-8-sig")


def _class(source: str, class_name: str) -> type[torch.nn.Module]:
    """Run the file as the module ``model`` and take its class."""
    tenant.register_source(source)
    module = types.ModuleType("model")
    module.__file__ = tenant.FILENAME
    sys.modules["model"] = module
    try:
        exec(compile(source, tenant.FILENAME, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - running it is the point; the container is the wall
    except BaseException as exc:
        raise _own_error("model.py can't be imported", exc) from exc
    cls = module.__dict__.get(class_name)
    if not (isinstance(cls, type) and issubclass(cls, torch.nn.Module)):
        raise LoadError("load_error", f"model.py defines no torch.nn.Module called {class_name}.")
    if not callable(getattr(cls, "predict_single", None)):
        raise LoadError("load_error", f"{class_name} has no method predict_single.")
    return cls


def _map(fd: int) -> Tensors:
    try:
        return map_weights(fd)
    except Invalid as exc:
        raise LoadError("weights_invalid", f"The weights are not a whole safetensors file: {exc}.") from exc


def _on_meta(cls: type[torch.nn.Module], tensors: Tensors) -> torch.nn.Module | None:
    """The model on the mapped tensors themselves, or None where this class needs an ordinary construction."""
    try:
        model = _built_on_meta(cls)
        misfit = compare(model, tensors)
        if misfit.found or misfit.tied or _dtypes_differ(model, tensors):
            return None
        model.load_state_dict(tensors, strict=True, assign=True)
        return None if _still_on_meta(model) else model
    except BaseException:  # a real error shows again, with its traceback, when the class is built plainly
        return None


def _built_on_meta(cls: type[torch.nn.Module]) -> torch.nn.Module:
    try:
        with torch.device("meta"):
            return cls()
    except NotImplementedError:  # perhaps a kernel that torch was not given yet
        lean.complete()
        with torch.device("meta"):
            return cls()


def _dtypes_differ(model: torch.nn.Module, tensors: Tensors) -> bool:
    """Assigning would keep the file's dtype where copying converts to the class's."""
    return any(value.dtype != tensors[name].dtype for name, value in model.state_dict().items() if name in tensors)


def _still_on_meta(model: torch.nn.Module) -> bool:
    """True when a tensor that is not in the state dict (non-persistent buffer, plain attribute) has no data."""
    for module in model.modules():
        held = [*module._parameters.values(), *module._buffers.values(), *module.__dict__.values()]
        if any(_has_meta(value, depth=3) for value in held):
            return True
    return False


def _has_meta(value: Any, *, depth: int) -> bool:
    if isinstance(value, torch.Tensor):
        return value.is_meta
    if depth and isinstance(value, dict):
        return any(_has_meta(item, depth=depth - 1) for item in value.values())
    if depth and isinstance(value, list | tuple | set):
        return any(_has_meta(item, depth=depth - 1) for item in value)
    return False


def _plainly(cls: type[torch.nn.Module], tensors: Tensors) -> torch.nn.Module:
    try:
        model = cls()
    except BaseException as exc:
        raise _own_error(f"{tenant.name_of(cls)}() raised", exc) from exc
    misfit = compare(model, tensors)
    if misfit.found:
        raise _mismatch(misfit)
    try:
        model.load_state_dict(tensors, strict=not misfit.tied)
    except BaseException as exc:
        raise _own_error("The weights can't be put into the class", exc) from exc
    return model


def _mismatch(misfit: Misfit) -> LoadError:
    return LoadError("weights_mismatch", misfit.sentence(), detail=misfit.detail())


def _own_error(what: str, exc: BaseException) -> LoadError:
    full = issubclass(type(exc), MemoryError | torch.OutOfMemoryError)  # not isinstance: it asks the error itself
    kind = "out_of_memory" if full else "load_error"
    return LoadError(kind, f"{what}: {tenant.message(exc)}", traceback=tenant.traceback_text(exc))
