"""Recognising weights: safetensors and nothing else, from the first bytes and from the whole header.

The format: 8 bytes with the header's length (little endian), the header as JSON, the tensors' bytes.
https://github.com/huggingface/safetensors/blob/main/README.md#format
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec

from api.errors import Problem

HEADER_BYTES = 25 * 1024 * 1024  # a quarter of the format's own maximum; real headers have kilobytes
SNIFF_BYTES = 9  # the header's length and its first character

# Bits of one element. https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs
BITS = {
    dtype: bits
    for bits, dtypes in {
        4: "F4",
        6: "F6_E2M3 F6_E3M2",
        8: "BOOL U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E5M2FNUZ F8_E4M3FNUZ",
        16: "U16 I16 F16 BF16",
        32: "U32 I32 F32",
        64: "U64 I64 F64 C64",
    }.items()
    for dtype in dtypes.split()
}
# What torch.save, pickle and numpy write begins like this.
PICKLED = (b"PK\x03\x04", b"PK\x05\x06", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"\x93NUMPY", b"\x8a\x0a")
CONVERT = (
    "These look like pickled weights, which can run code when they are loaded. Convert them: "
    "safetensors.torch.save_file(model.state_dict(), 'model.safetensors')."
)


class _Tensor(msgspec.Struct, forbid_unknown_fields=True):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def sniff(first: bytes) -> None:
    """Refuse what can't become safetensors, given the first bytes. Raises pickle_refused or not_safetensors."""
    if first.startswith(PICKLED):
        raise Problem("pickle_refused", CONVERT)
    if len(first) < SNIFF_BYTES:
        return
    if int.from_bytes(first[:8], "little") > HEADER_BYTES or first[8:9] != b"{":
        raise _not("They don't begin with a safetensors header.")


def inspect(path: Path) -> None:
    """Read the header and hold every tensor against the file. Raises weights_truncated or not_safetensors."""
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(SNIFF_BYTES)
        sniff(first)
        if len(first) < SNIFF_BYTES:
            raise _not("They are empty." if not first else "They are too short to hold a header.")
        length = int.from_bytes(first[:8], "little")
        if 8 + length > size:
            raise _truncated(8 + length, size)
        header = first[8:] + file.read(length - 1)
    end = 8 + length + _check(_parse(header))
    if size < end:
        raise _truncated(end, size)
    if size > end:
        raise _not(f"{size - end:,} bytes follow the last tensor.")


def _parse(header: bytes) -> dict[str, _Tensor]:
    try:
        raw = msgspec.json.decode(header.rstrip(b" "), type=dict[str, msgspec.Raw])
        metadata = raw.pop("__metadata__", msgspec.Raw(b"{}"))
        msgspec.json.decode(metadata, type=dict[str, str])
        return {name: msgspec.json.decode(entry, type=_Tensor) for name, entry in raw.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise _not("Their header is not the JSON that the format asks for.") from exc


def _check(tensors: dict[str, _Tensor]) -> int:
    """Where the last tensor ends. Tensors must lie side by side, each as long as its shape says."""
    at = 0
    for name, tensor in sorted(tensors.items(), key=_place):
        begin, end = tensor.data_offsets
        bits = BITS.get(tensor.dtype)
        if bits is None:
            raise _not(f"The tensor {name[:200]!r} has the unknown type {tensor.dtype[:20]!r}.")
        if min(tensor.shape, default=0) < 0 or math.prod(tensor.shape) * bits != (end - begin) * 8:
            raise _not(f"The tensor {name[:200]!r} is not as long as its shape says.")
        if begin != at:
            raise _not(f"The tensor {name[:200]!r} does not begin where the one before it ends.")
        at = end
    return at


def _place(item: tuple[str, Any]) -> tuple[int, int]:
    begin, end = item[1].data_offsets
    return begin, end


def _not(why: str) -> Problem:
    return Problem("not_safetensors", f"The weights are not a safetensors file. {why}")


def _truncated(expected: int, size: int) -> Problem:
    detail = f"The header promises {expected:,} bytes and the file has {size:,}; upload it again in full."
    return Problem("weights_truncated", detail, expected_bytes=expected, got_bytes=size)
