# input: [[1, 2], [3, 4]]
import abc
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from numbers import Number
from typing import Any, Generic, TypeVar, cast, overload

import torch
from torch import Tensor, nn

T = TypeVar("T")


def to_tensor(x: Sequence[Number] | Tensor) -> Tensor:
    return x if torch.is_tensor(x) else torch.as_tensor(x, dtype=torch.get_default_dtype())


def collect(items: Iterable[T], *, limit: int | None = None) -> list[T]:
    found = list(items)
    return found[:limit] if limit is not None else found


class Net(nn.Module, Generic[T]):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(2, 2)

    @overload
    def scale(self, x: Tensor) -> Tensor: ...
    @overload
    def scale(self, x: float) -> float: ...
    def scale(self, x):
        return x * 0.5

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({type(self.a).__name__})"

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        return cast(Tensor, super().__call__(*args, **kwargs))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale(self.a(x))

    def predict_single(self, x: Sequence[Sequence[float]]) -> list[list[float]]:
        return collect(self(to_tensor(x)).tolist(), limit=10)
