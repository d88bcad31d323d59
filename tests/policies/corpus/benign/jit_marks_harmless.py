# input: [1.0, -1.0]
from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor, nn


class Scriptable(nn.Module):
    __constants__ = ["scale"]
    scale: torch.jit.Final[float]

    def __init__(self, scale: float = 2.0):
        super().__init__()
        self.scale = scale

    @torch.jit.unused
    def debug(self, x: Tensor) -> None:
        print(x.shape)

    @torch.jit.export
    def twice(self, x: Tensor) -> Tensor:
        return x * 2

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tuple[Tensor, Dict[str, Tensor]]:
        if not torch.jit.is_scripting():
            torch._assert(x.dim() == 1, "a vector is expected")
        cache: Dict[str, List[Tensor]] = torch.jit.annotate(Dict[str, List[Tensor]], {})
        cache["x"] = [x]
        return self.twice(x) * self.scale, {"first": cache["x"][0]}

    def predict_single(self, x):
        return self(torch.tensor(x))[0].tolist()
