# input: [1.0, -2.0]
import functools

import torch
from torch import nn


def counted(fn):
    calls = 0

    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        nonlocal calls
        calls += 1
        wrapper.calls = calls
        return fn(*args, **kwargs)

    return wrapper


def compose(*fns):
    def inner(x):
        for fn in fns:
            x = fn(x)
        return x

    return inner


ACTIVATIONS = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "tanh": torch.tanh,
    "leaky": lambda: nn.LeakyReLU(0.1),
    "swish": lambda x: x * torch.sigmoid(x),
}


class Closures(nn.Module):
    def __init__(self, activation="relu"):
        super().__init__()
        self.act = ACTIVATIONS[activation]()
        self.double = compose(lambda v: v * 2, self.act)
        self.scale = torch.nn.Parameter(torch.tensor(1.5))

    @counted
    def predict_single(self, x):
        return (self.double(torch.tensor(x)) * self.scale).tolist()
