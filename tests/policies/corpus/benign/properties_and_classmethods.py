# input: 3
from abc import abstractmethod
from functools import cached_property
from typing import Any, Generic, TypeVar

import torch
import torch.nn as nn

T = TypeVar("T")


class Base(nn.Module, Generic[T]):
    _registry: dict = {}
    count = 0

    def __init__(self, size=4):
        super().__init__()
        Base.count += 1
        self._size = size
        self.__secret = 7
        self.fc = nn.Linear(size, size)

    @property
    def size(self) -> int:
        return self._size

    @size.setter
    def size(self, value):
        self._size = int(value)

    @size.deleter
    def size(self):
        del self._size

    @cached_property
    def eye(self):
        return torch.eye(self.size)

    @classmethod
    def register(cls, name):
        def deco(fn):
            cls._registry[name] = fn
            return fn

        return deco

    @classmethod
    def from_config(cls, config: "dict[str, Any]") -> "Base":
        return cls(**config)

    @staticmethod
    def identity(x):
        return x

    @property
    def device(self):
        return next(self.parameters()).device

    def clone(self):
        return self.__class__(self._size)

    def secret(self):
        return self.__secret

    def predict_single(self, x):
        other = Base.from_config({"size": x})
        other.size = other.size + 1
        Base.register("id")(self.identity)
        return [other.size, Base._registry["id"](x), self.eye.sum().item(), str(self.device), self.secret(), self.clone().size]
