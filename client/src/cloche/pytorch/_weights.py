"""A model's weights as a .safetensors file that a strict load_state_dict accepts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from cloche._errors import WeightsNotSavable

# What the .safetensors format has a name for: https://github.com/huggingface/safetensors
_SAVABLE: frozenset[torch.dtype] = frozenset(
    {
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64,
        torch.float8_e4m3fn, torch.float8_e5m2,
        torch.int64, torch.int32, torch.int16, torch.int8,
        torch.uint64, torch.uint32, torch.uint16, torch.uint8, torch.bool,
    }
)  # fmt: skip


def save_weights(model: nn.Module, path: Path) -> int:
    """Write the model's state_dict to ``path``; how many bytes that took.

    Every key is there: tensors that share memory, as tied weights do, are each written in full, since
    the engine loads with a strict load_state_dict, which wants every key. Weights on the CPU are written
    from where they are; only shared, sliced or transposed ones, and those of a GPU, are copied first.
    Raises WeightsNotSavable.
    """
    tensors = dict(_savable(_plain(model).state_dict()))
    try:
        save_file(tensors, path)
    except (SafetensorError, OSError) as exc:
        raise WeightsNotSavable(
            f"The weights could not be written to {path.parent} ({exc}). Point TMPDIR to a folder with room."
        ) from exc
    return path.stat().st_size


def _plain(model: nn.Module) -> nn.Module:
    """The module itself, out of torch.compile's and the data-parallel wrappers, whose keys carry a prefix."""
    wrappers = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    while True:
        inner = getattr(model, "_orig_mod", None)  # what torch.compile calls the module it wraps
        if isinstance(model, wrappers):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def _savable(state: Mapping[str, object]) -> Iterator[tuple[str, torch.Tensor]]:
    seen: set[tuple[torch.device, int]] = set()
    for name, value in state.items():
        tensor = _dense(name, value)
        storage = tensor.untyped_storage()
        place = (tensor.device, storage.data_ptr())
        # save_file refuses memory that two names share, so the second one gets memory of its own.
        if storage.nbytes() and place in seen:
            tensor = tensor.clone(memory_format=torch.contiguous_format)
        seen.add(place)
        yield name, tensor.cpu().contiguous()


def _dense(name: str, value: object) -> torch.Tensor:
    """The value as an ordinary strided tensor, or WeightsNotSavable with what to do."""
    if not isinstance(value, torch.Tensor):
        raise WeightsNotSavable(
            f"{name!r} of the state_dict is a {type(value).__name__}, not a tensor, so weights can't carry it. "
            "Make it a constant of model.py, or a tensor with register_buffer.",
            name=name,
        )
    if isinstance(value, (nn.UninitializedParameter, nn.UninitializedBuffer)):
        raise WeightsNotSavable(f"{name!r} has no shape yet. Run one input through the model first.", name=name)
    if value.is_meta:
        raise WeightsNotSavable(f"{name!r} is on the meta device and has no values. Load the weights first.", name=name)
    tensor = value.detach()
    if type(tensor) not in (torch.Tensor, nn.Buffer) or tensor.is_quantized or tensor.layout != torch.strided:
        raise WeightsNotSavable(
            f"{name!r} is a {_kind(tensor)} tensor. Only ordinary dense tensors can be uploaded: "
            "save the model before quantising, distributing or pruning it into another form.",
            name=name,
        )
    if tensor.dtype not in _SAVABLE:
        raise WeightsNotSavable(f"{name!r} is {tensor.dtype}, which a .safetensors file has no name for.", name=name)
    return tensor.resolve_conj().resolve_neg()


def _kind(tensor: torch.Tensor) -> str:
    if tensor.is_quantized:
        return "quantised"
    if tensor.layout != torch.strided:
        return str(tensor.layout).removeprefix("torch.")
    return type(tensor).__name__
