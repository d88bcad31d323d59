"""A safetensors file as tensors on a private mapping of an open descriptor: nothing is read, nothing copied.

The library's own loader opens a path, and a descriptor's path under /proc can't be opened by a user who
may not read the file; the descriptor itself can be mapped. The format: u64 header length (little endian),
JSON header of name -> {dtype, shape, data_offsets}, then the data.
https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import math
import mmap
import os
import struct
from typing import Any

import torch

_HEADER_MAX_BYTES = 100_000_000  # the library's own limit
_DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32", "I32": "int32",
    "U64": "uint64", "I64": "int64", "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64",
    "C64": "complex64", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
}  # fmt: skip


class Invalid(Exception):
    """Not a whole safetensors file; the message says what is wrong."""


def map_weights(fd: int) -> dict[str, torch.Tensor]:
    """Name to tensor. Writing to one changes this process's copy of the page only. Raises Invalid."""
    size = os.fstat(fd).st_size
    if size < 8:
        raise Invalid("the file is shorter than a header's length")
    mapped = mmap.mmap(fd, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    (length,) = struct.unpack_from("<Q", mapped)
    if length > _HEADER_MAX_BYTES or 8 + length > size:
        raise Invalid(f"the header claims {length} bytes of a file of {size}")
    try:
        header = json.loads(mapped[8 : 8 + length])
        header.pop("__metadata__", None)
        return {name: _tensor(mapped, 8 + length, entry) for name, entry in header.items()}
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError) as exc:
        raise Invalid(f"the header is damaged ({exc})") from exc


def _tensor(mapped: mmap.mmap, base: int, entry: dict[str, Any]) -> torch.Tensor:
    name, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    if name not in _DTYPES:
        raise Invalid(f"the type {name} is not known")
    dtype: torch.dtype = getattr(torch, _DTYPES[name])
    count = math.prod(shape)
    if min([0, *shape]) < 0 or end - start != count * dtype.itemsize:
        raise Invalid(f"a tensor of shape {shape} does not take {end - start} bytes")
    if start < 0 or base + end > len(mapped):
        raise Invalid("it ends before its last tensor does; it was cut short")
    if count == 0:
        return torch.empty(shape, dtype=dtype)
    if (base + start) % dtype.itemsize:  # legal, rare, and not for vector instructions
        return torch.frombuffer(bytearray(mapped[base + start : base + end]), dtype=dtype).view(shape)
    return torch.frombuffer(mapped, dtype=dtype, count=count, offset=base + start).view(shape)
