"""Do these weights fit this class? Names and shapes compared before anything is put in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from sandbox.runner.frames import NAME_MAX_CHARS, NAMES_LISTED, SHAPE_MAX_SIZES


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is missing from the file, not in the class, or of another shape.

    ``tied`` names are absent from the file but share their tensor with one that is present: no fault,
    that is how tied weights are saved.
    """

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    mismatched: tuple[dict[str, Any], ...]
    tied: tuple[str, ...]

    @property
    def found(self) -> bool:
        """True when the weights don't fit."""
        return bool(self.missing or self.unexpected or self.mismatched)

    def sentence(self) -> str:
        """What doesn't fit, in one sentence."""
        counts = {
            "missing": len(self.missing),
            "unexpected": len(self.unexpected),
            "of another shape": len(self.mismatched),
        }
        parts = [f"{count} {word}" for word, count in counts.items() if count]
        return f"The weights don't fit the class: {', '.join(parts)}. Upload the state dict of exactly this class."

    def detail(self) -> dict[str, Any]:
        """The lists, bounded."""
        return {
            "missing": [name[:NAME_MAX_CHARS] for name in self.missing[:NAMES_LISTED]],
            "unexpected": [name[:NAME_MAX_CHARS] for name in self.unexpected[:NAMES_LISTED]],
            "mismatched": [_bounded(entry) for entry in self.mismatched[:NAMES_LISTED]],
        }


def _bounded(entry: dict[str, Any]) -> dict[str, Any]:
    shapes = {key: entry[key][:SHAPE_MAX_SIZES] for key in ("expected", "found")}
    return {"name": entry["name"][:NAME_MAX_CHARS], **shapes}


def compare(model: torch.nn.Module, tensors: dict[str, torch.Tensor]) -> Misfit:
    """The difference between the class's state dict and the file."""
    state = model.state_dict(keep_vars=True)
    present = {id(state[name]) for name in tensors if name in state}
    absent = [name for name in state if name not in tensors and not name.endswith("_extra_state")]
    return Misfit(
        missing=tuple(name for name in absent if id(state[name]) not in present),
        unexpected=tuple(name for name in tensors if name not in state),
        mismatched=tuple(
            {"name": name, "expected": list(value.shape), "found": list(tensors[name].shape)}
            for name, value in state.items()
            if isinstance(value, torch.Tensor) and name in tensors and value.shape != tensors[name].shape
        ),
        tied=tuple(name for name in absent if id(state[name]) in present),
    )
