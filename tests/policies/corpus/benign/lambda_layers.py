# input: [1.0, -1.0]
import operator
from functools import partial, reduce

import torch
from torch import nn


def residual(fn):
    return lambda x: x + fn(x)


class Lambdas(nn.Module):
    def __init__(self):
        super().__init__()
        self.ops = [torch.abs, lambda v: v + 1, partial(torch.clamp, min=0.5), residual(torch.sin), operator.neg]
        self.norm = {None: nn.Identity, "ln": partial(nn.LayerNorm, eps=1e-6)}["ln"](2)
        self.pick = (lambda a, *rest, k=1, **kw: a if k else rest)

    def predict_single(self, x):
        y = reduce(lambda acc, op: op(acc), self.ops, torch.tensor(x))
        return self.pick(self.norm(y), k=1).tolist()
