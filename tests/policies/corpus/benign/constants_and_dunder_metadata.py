# input: 1
# -*- coding: utf-8 -*-
#!/usr/bin/env python
"""Metadata at the top, as people have it."""

__author__ = "Somebody"
__version__ = "1.2.3"
__license__ = "MIT"
__all__ = ["Meta", "VERSION"]

import typing as t

import torch
import torch.nn as nn

VERSION: t.Final = tuple(int(p) for p in __version__.split("."))
EPS = 1e-6
INF = float("inf")
SIZES = {"tiny": dict(depth=1, width=2), "small": dict(depth=2, width=4)}
assert set(SIZES) == {"tiny", "small"}
del t


class Meta(nn.Module):
    def __init__(self, size="tiny", **overrides):
        super().__init__()
        cfg = {**SIZES[size], **overrides}
        self.cfg = cfg
        self.net = nn.Sequential(*(nn.Linear(cfg["width"], cfg["width"]) for _ in range(cfg["depth"])))

    def predict_single(self, x):
        return {"version": list(VERSION), "n": sum(p.numel() for p in self.net.parameters()), "x": min(x, INF) + EPS}
