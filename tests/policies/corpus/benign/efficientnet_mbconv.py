# input: torch.zeros(3, 32, 32).tolist()
import math
from functools import partial
from typing import Callable, Optional

import torch
from torch import nn, Tensor

__all__ = ["EfficientNetish"]


def _make_divisible(v: float, divisor: int, min_value: Optional[int] = None) -> int:
    if min_value is None:
        min_value = divisor
    new_v = max(min_value, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v:
        new_v += divisor
    return new_v


def squeeze_excitation(c, r=4, activation: Callable[..., nn.Module] = nn.ReLU, scale_activation=nn.Sigmoid):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c // r, 1), activation(), nn.Conv2d(c // r, c, 1), scale_activation())


class EfficientNetish(nn.Module):
    def __init__(self, inverted_residual_setting=((1, 8, 1), (4, 16, 2)), dropout: float = 0.2, norm_layer: Optional[Callable[..., nn.Module]] = None) -> None:
        super().__init__()
        if norm_layer is None:
            norm_layer = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), norm_layer(8), nn.SiLU(inplace=True))
        self.blocks = nn.ModuleList()
        self.ses = nn.ModuleList()
        c_in = 8
        for expand, c, s in inverted_residual_setting:
            mid = _make_divisible(c_in * expand, 8)
            self.blocks.append(nn.Sequential(nn.Conv2d(c_in, mid, 1), norm_layer(mid), nn.SiLU(), nn.Conv2d(mid, mid, 3, s, 1, groups=mid), norm_layer(mid), nn.SiLU(), nn.Conv2d(mid, c, 1), norm_layer(c)))
            self.ses.append(squeeze_excitation(c, activation=partial(nn.SiLU, inplace=True)))
            c_in = c
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(p=dropout, inplace=True), nn.Linear(c_in, 10))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out")
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
            elif isinstance(m, nn.Linear):
                init_range = 1.0 / math.sqrt(m.out_features)
                nn.init.uniform_(m.weight, -init_range, init_range)

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block, se in zip(self.blocks, self.ses):
            y = block(x)
            x = y * se(y)
        return self.classifier(torch.flatten(self.avgpool(x), 1))

    def forward(self, x: Tensor) -> Tensor:
        return self._forward_impl(x)

    def predict_single(self, x):
        self.train(False)
        return self(torch.tensor(x)[None])[0].detach().cpu().numpy().tolist()
