# input: [[1.0, 2.0, 3.0, 4.0]]
from copy import deepcopy
from functools import partial, wraps
import torch
import torch.nn as nn
import torch.nn.functional as F


MODELS = {}


def register(name=None, **defaults):
    def deco(fn):
        key = name or fn.__name__

        @wraps(fn)
        def inner(*args, **kwargs):
            return fn(*args, **{**defaults, **kwargs})

        MODELS[key] = inner
        return inner

    return deco


@register(hidden=8)
def mlp(d_in, d_out, hidden, act="relu", **unused):
    acts = nn.ModuleDict({"relu": nn.ReLU(), "gelu": nn.GELU(approximate="tanh")})
    return nn.Sequential(nn.Linear(d_in, hidden), acts[act], nn.Linear(hidden, d_out))


@register("resmlp", depth=2)
def residual(d_in, d_out, depth, **kw):
    return nn.Sequential(*(mlp(d_in, d_in, **kw) for _ in range(depth)), nn.Linear(d_in, d_out))


CONFIG = {"arch": "resmlp", "kwargs": {"d_in": 4, "d_out": 2, "act": "gelu"}}


class Net(nn.Module):
    def __init__(self, config=None, *args, **kwargs):
        super().__init__(*args, **kwargs)
        config = deepcopy(config or CONFIG)
        self.body = MODELS[config.pop("arch")](**config.get("kwargs", {}))
        self.teacher = deepcopy(self.body).requires_grad_(False)
        self.scale = nn.Parameter(torch.ones([]))

    @torch.no_grad()
    def update_teacher(self, momentum=0.99):
        for (name, p), (_, t) in zip(self.body.named_parameters(), self.teacher.named_parameters()):
            t.data.mul_(momentum).add_(p.data, alpha=1 - momentum)
        for b, tb in zip(self.body.buffers(), self.teacher.buffers()):
            tb.copy_(b)

    def forward(self, x):
        y = self.body[0](x) + x if len(self.body) > 2 else x
        return self.body[-1](y) * self.scale

    def predict_single(self, x):
        self.update_teacher()
        x = torch.tensor(x, dtype=self.scale.dtype, device=self.scale.device)
        n_params = sum(p.numel() for p in self.parameters() if p.requires_grad)
        return {"out": self(x).tolist(), "teacher": self.teacher(x).tolist(), "params": f"{n_params:,}"}
