"""Recognising safetensors: everything the real library writes is taken, everything it refuses is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError, deserialize
from safetensors.torch import save

from api.errors import Problem
from api.weights import inspect, sniff

DTYPES = [
    *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32),
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.float8_e5m2),
    *(torch.float8_e4m3fn, torch.uint64),
]


def _file(header: Any, data: bytes = b"") -> bytes:
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(head).to_bytes(8, "little") + head + data


def _code(content: bytes, folder: Path) -> str:
    path = folder / "w"
    path.write_bytes(content)
    try:
        inspect(path)
    except Problem as problem:
        return problem.code
    return "ok"


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_type_torch_can_save(dtype: torch.dtype, tmp_path: Path) -> None:
    """Vectors, matrices, scalars and empty tensors of each type."""
    shapes: list[tuple[int, ...]] = [(3,), (2, 5), (), (0,), (4, 0, 2)]
    tensors = {f"t{i}": torch.zeros(shape, dtype=dtype) for i, shape in enumerate(shapes)}
    assert _code(save(tensors, metadata={"format": "pt"}), tmp_path) == "ok"


ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "header",
    [
        b"{",
        b"{}x",
        b'{"a": NaN}',
        b"{" + b'"a":{' * 5000,
        {"a": 1},
        {"a": {**ENTRY, "extra": 1}},
        {"a": {"dtype": "F32", "shape": [2]}},
        {"a": {**ENTRY, "dtype": "X99"}},
        {"a": {**ENTRY, "shape": [3]}},
        {"a": {**ENTRY, "shape": [-2]}},
        {"a": {**ENTRY, "shape": [-1, -2]}},
        {"a": {**ENTRY, "shape": [2**62, 2**62]}},
        {"a": {**ENTRY, "data_offsets": [8, 0]}},
        {"a": {**ENTRY, "data_offsets": [-8, 0]}},
        {"a": {**ENTRY, "data_offsets": [4, 12]}},
        {"a": ENTRY, "b": ENTRY},
        {"__metadata__": {"a": 1}, "a": ENTRY},
    ],
    ids=str,
)
def test_headers_that_lie(header: Any, tmp_path: Path) -> None:
    """Broken JSON, unknown types, lengths that don't fit, holes and overlaps."""
    assert _code(_file(header, bytes(8)), tmp_path) == "not_safetensors"


def test_a_header_that_is_too_long(tmp_path: Path) -> None:
    """A header of gigabytes is refused by its first eight bytes."""
    with pytest.raises(Problem) as caught:
        sniff((2**40).to_bytes(8, "little") + b"{")
    assert caught.value.code == "not_safetensors"
    assert _code(_file(b"{" + b" " * (25 * 1024 * 1024)), tmp_path) == "not_safetensors"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_as_strict_as_the_library(data: st.DataObject, tmp_path: Path) -> None:
    """A valid file with any bytes changed, cut or added is never taken when the library would refuse it."""
    content = bytearray(save({"a": torch.zeros(2, 3), "b": torch.zeros(1, dtype=torch.int8)}))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))] + data.draw(st.binary(max_size=3))
    found = _code(bytes(content), tmp_path)
    try:
        deserialize(bytes(content))
    except SafetensorError:
        assert found != "ok"
