"""Returns its input: what is left to measure is the engine."""

from typing import Any

import torch
from torch import nn


class Echo(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("nothing", torch.zeros(1))

    def predict_single(self, x: Any) -> Any:
        return x
