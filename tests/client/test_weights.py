"""What a model's weights become: a file that a strict load_state_dict accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from cloche import WeightsNotSavable
from cloche.pytorch._weights import save_weights


class Tied(nn.Module):
    """An encoder and a decoder that are one matrix, as in language models."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Embedding(7, 5)
        self.decoder = nn.Linear(5, 7)
        self.decoder.weight = self.encoder.weight


class Views(nn.Module):
    """Buffers that are views into one block of memory, transposed, strided and overlapping."""

    def __init__(self) -> None:
        super().__init__()
        block = torch.arange(24.0).reshape(4, 6)
        self.register_buffer("whole", block)
        self.register_buffer("turned", block.t())
        self.register_buffer("column", block[:, 2])
        self.register_buffer("rows", block[1:3])
        self.register_buffer("empty", torch.zeros(0, 3))
        self.register_buffer("also_empty", torch.zeros(0))
        self.register_buffer("one", torch.tensor(3))
        self.register_buffer("expanded", torch.ones(1).expand(4, 4))


class Kinds(nn.Module):
    """A tensor of every ordinary dtype."""

    def __init__(self) -> None:
        super().__init__()
        for dtype in ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"):
            self.register_buffer(f"a_{dtype}", torch.tensor([[0, 1], [1, 0]]).to(getattr(torch, dtype)))
        self.register_buffer("conjugate", torch.tensor([1 + 2j]).conj())


@pytest.mark.parametrize("build", [Tied, Views, Kinds, lambda: nn.Transformer(8, 2, 1, 1, 16)])
def test_every_key_survives(build: Any, tmp_path: Path) -> None:
    """Tied, overlapping and transposed tensors come back under every key, equal, and load strictly."""
    torch.manual_seed(1)
    model, other = build(), build()
    size_bytes = save_weights(model, tmp_path / "w")
    loaded = load_file(tmp_path / "w")
    assert size_bytes == (tmp_path / "w").stat().st_size
    assert set(loaded) == set(model.state_dict())
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded[name], tensor), name
        assert loaded[name].dtype == tensor.dtype
    other.load_state_dict(loaded, strict=True, assign=True)  # torch can not copy into an expanded tensor


def test_saving_changes_nothing(tmp_path: Path) -> None:
    """The model keeps its ties and its memory: saving only reads."""
    model = Tied()
    before = model.encoder.weight.data_ptr()
    save_weights(model, tmp_path / "w")
    assert model.decoder.weight is model.encoder.weight
    assert model.encoder.weight.data_ptr() == before
    assert model.encoder.weight.requires_grad


def test_a_second_copy_is_not_made(tmp_path: Path) -> None:
    """Ordinary weights on the CPU are written from where they are: no tensor is copied on the way."""
    model = nn.Sequential(nn.Linear(300, 300), nn.BatchNorm1d(300))
    copies: list[str] = []

    class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch ships no types for it
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            copies.append(str(func))
            return func(*args, **(kwargs or {}))

    with Watch():  # type: ignore[no-untyped-call]  # likewise
        save_weights(model, tmp_path / "w")
    assert not [name for name in copies if "clone" in name or "copy" in name]


def test_wrappers_are_taken_off(tmp_path: Path) -> None:
    """torch.compile and DataParallel put a prefix before every key; the class on the engine knows none."""
    plain = nn.Linear(2, 2)
    compiled = cast("nn.Module", torch.compile(plain))
    for wrapped in (compiled, nn.DataParallel(plain), nn.DataParallel(compiled)):
        save_weights(wrapped, tmp_path / "w")
        assert set(load_file(tmp_path / "w")) == {"weight", "bias"}


class Extra(nn.Module):
    """Keeps something in its state that is no tensor."""

    def get_extra_state(self) -> dict[str, int]:
        return {"steps": 3}

    def set_extra_state(self, state: Any) -> None:
        pass


def _meta() -> nn.Module:
    with torch.device("meta"):
        return nn.Linear(2, 2)


def _with(tensor: torch.Tensor) -> nn.Module:
    module = nn.Module()
    module.register_buffer("odd", tensor)
    return module


@pytest.mark.parametrize(
    ("build", "name", "says"),
    [
        (Extra, "_extra_state", "not a tensor"),
        (lambda: nn.LazyLinear(3), "weight", "Run one input through the model first"),
        (_meta, "weight", "meta device"),
        (lambda: _with(torch.eye(3).to_sparse()), "odd", "sparse_coo"),
        (lambda: _with(torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)), "odd", "quantised"),
        (lambda: _with(torch.zeros(2, dtype=torch.complex128)), "odd", "complex128"),
    ],
)
def test_what_can_not_be_saved_is_named(build: Any, name: str, says: str, tmp_path: Path) -> None:
    """Whatever has no place in a .safetensors file is refused by its key, with what to do."""
    with pytest.raises(WeightsNotSavable, match=says) as caught:
        save_weights(build(), tmp_path / "w")
    assert caught.value.name == name
    assert repr(name) in str(caught.value)


def test_no_room_is_named(tmp_path: Path) -> None:
    """A folder that can't be written to is named, with how to choose another."""
    with pytest.raises(WeightsNotSavable, match="TMPDIR"):
        save_weights(nn.Linear(2, 2), tmp_path / "missing" / "w")
