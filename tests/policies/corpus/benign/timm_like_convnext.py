# input: torch.rand(3, 32, 32).tolist()
"""ConvNeXt in the manner of timm: factory functions, a registry of configs, trunc_normal_."""
import math
from functools import partial
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.init import trunc_normal_

default_cfgs = dict(
    convnext_atto=dict(depths=(1, 1, 2, 1), dims=(8, 16, 24, 32)),
    convnext_femto=dict(depths=(2, 2, 6, 2), dims=(48, 96, 192, 384)),
)


def _cfg(name, **kwargs):
    return {**default_cfgs[name], "num_classes": 10, **kwargs}


def drop_path(x, drop_prob: float = 0.0, training: bool = False):
    if drop_prob == 0.0 or not training:
        return x
    keep = 1 - drop_prob
    shape = (x.shape[0],) + (1,) * (x.ndim - 1)
    return x * x.new_empty(shape).bernoulli_(keep).div_(keep)


def channels_last_norm(norm, x):
    return norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def make_block(dim, act=nn.GELU, norm=partial(nn.LayerNorm, eps=1e-6)):
    return nn.ModuleDict(OrderedDict(dwconv=nn.Conv2d(dim, dim, 7, padding=3, groups=dim), norm=norm(dim), pw1=nn.Linear(dim, 4 * dim), act=act(), pw2=nn.Linear(4 * dim, dim)))


class ConvNeXt(nn.Module):
    def __init__(self, variant="convnext_atto", in_chans=3, drop_path_rate=0.1, ls_init_value=1e-6):
        super().__init__()
        cfg = _cfg(variant)
        dims, depths = cfg["dims"], cfg["depths"]
        self.drop_rates = torch.linspace(0, drop_path_rate, sum(depths)).tolist()
        self.downsample_layers = nn.ModuleList([nn.Conv2d(in_chans, dims[0], 4, 4)])
        self.downsample_layers.extend(nn.Conv2d(a, b, 2, 2) for a, b in zip(dims[:-1], dims[1:]))
        self.norms = nn.ModuleList(nn.LayerNorm(d, eps=1e-6) for d in dims)
        self.stages = nn.ModuleList(nn.ModuleList(make_block(d) for _ in range(n)) for d, n in zip(dims, depths))
        self.gamma = nn.ParameterList([nn.Parameter(ls_init_value * torch.ones(d)) for d, n in zip(dims, depths) for _ in range(n)])
        self.head = nn.Linear(dims[-1], cfg["num_classes"])
        self.apply(self._init_weights)
        self.head.weight.data.mul_(1.0)

    def _init_weights(self, m):
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            trunc_normal_(m.weight, std=0.02)
            nn.init.constant_(m.bias, 0)

    def forward_features(self, x):
        at = 0
        for down, norm, stage in zip(self.downsample_layers, self.norms, self.stages):
            x = channels_last_norm(norm, down(x))
            for blk in stage:
                y = blk["dwconv"](x).permute(0, 2, 3, 1)
                y = self.gamma[at] * blk["pw2"](blk["act"](blk["pw1"](blk["norm"](y))))
                x = x + drop_path(y.permute(0, 3, 1, 2), self.drop_rates[at], self.training)
                at += 1
        return x.mean([-2, -1])

    def forward(self, x):
        return self.head(self.forward_features(x))

    def predict_single(self, x):
        logits = self(torch.tensor(x).unsqueeze(0))
        top = logits.topk(3)
        return {"classes": top.indices[0].tolist(), "scores": [round(v, 4) for v in F.softmax(top.values, 1)[0].tolist()]}
