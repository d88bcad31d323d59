# input: {"a": [1.0], "b": [[2.0], {"c": [3.0]}]}
from collections.abc import Mapping, Sequence

import torch
from torch import nn


def apply(obj, fn):
    if isinstance(obj, torch.Tensor):
        return fn(obj)
    if isinstance(obj, Mapping):
        return type(obj)({k: apply(v, fn) for k, v in obj.items()})
    if isinstance(obj, tuple) and hasattr(obj, "_fields"):
        return obj._replace(**{name: apply(getattr(obj, name), fn) for name in ("a", "b")})
    if isinstance(obj, Sequence) and not isinstance(obj, (str, bytes)):
        return type(obj)([apply(v, fn) for v in obj])
    return obj


def to_tensor(obj):
    if isinstance(obj, list) and all(isinstance(v, (int, float)) for v in obj):
        return torch.tensor(obj)
    if isinstance(obj, dict):
        return {k: to_tensor(v) for k, v in obj.items()}
    return [to_tensor(v) for v in obj]


class Moves(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(2.0))

    def predict_single(self, x):
        return apply(apply(to_tensor(x), lambda t: (t * self.w).to("cpu", non_blocking=True)), lambda t: t.tolist())
