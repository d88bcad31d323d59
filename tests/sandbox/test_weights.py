"""The weights file against whatever its header may say, without a container."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sandbox.runner.weights import Invalid, map_weights


def mapped(header: bytes, data: bytes = bytes(64)) -> dict[str, torch.Tensor]:
    """What is made of a file of this header and this data."""
    with tempfile.TemporaryFile() as file:
        file.write(len(header).to_bytes(8, "little") + header + data)
        file.flush()
        return map_weights(os.dup(file.fileno()))


_NUMBER = st.integers(-2, 70) | st.integers(2**31, 2**70) | st.floats(allow_nan=False) | st.booleans()
_ODD = st.none() | st.text(max_size=3) | _NUMBER
_ENTRY = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "I64", "BOOL", "F8_E4M3", "C64", "X"]) | _ODD | st.lists(_ODD, max_size=1),
        "shape": st.lists(_NUMBER, max_size=4) | _ODD,
        "data_offsets": st.lists(_NUMBER, min_size=2, max_size=2) | st.lists(_ODD, max_size=3) | _ODD,
    }
)


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(st.text(max_size=5), _ENTRY | _ODD, max_size=3) | st.lists(_ODD, max_size=2) | _ODD)
@example({"w": {"dtype": "F32", "shape": [0, 2**62, 2**62], "data_offsets": [0, 0]}})
@example({"w": {"dtype": "F32", "shape": [0, 2**70], "data_offsets": [0, 0]}})
@example({"w": {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]}})
@example({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0.0, 8.0]}})
def test_whatever_a_header_says_it_is_tensors_or_invalid(header: Any) -> None:
    """No value in any place makes it raise anything else, and no tensor reaches beyond the file."""
    try:
        tensors = mapped(json.dumps(header).encode())
    except Invalid:
        return
    for tensor in tensors.values():
        assert tensor.numel() * tensor.element_size() <= 64
        tensor.clone()


@pytest.mark.parametrize(
    "header", [b"", b"nope", b"\xff\xfe", b"[" * 100_000, b'{"w":1e999}', b'{"w":' + b"9" * 5_000 + b"}", b"null"]
)
def test_a_header_that_is_none_is_invalid(header: bytes) -> None:
    """Damaged, too deep, a number that nobody parses."""
    with pytest.raises(Invalid):
        mapped(header)
