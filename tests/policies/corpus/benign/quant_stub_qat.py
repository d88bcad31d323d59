# input: [0.1] * 8
from typing import Any, Callable, ClassVar, Final, Literal, Protocol, TypedDict, TypeVar, overload, TYPE_CHECKING
import torch
import torch.nn as nn
import torch.nn.functional as F


if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T", bound=torch.Tensor)
Mode = Literal["train", "eval"]
Sample = TypedDict("Sample", {"id": int, "values": "list[float]"}, total=False)
Activation = Callable[[torch.Tensor], torch.Tensor]


class Quantized(nn.Module):
    VERSION: ClassVar[int] = 3
    size: Final[int] = 8

    def __init__(self, act: Activation | None = None, mode: Mode = "eval"):
        super().__init__()
        self.quant = torch.ao.quantization.QuantStub()
        self.fc1 = nn.Linear(self.size, 16)
        self.act = act or F.relu
        self.fc2 = nn.Linear(16, 4)
        self.dequant = torch.ao.quantization.DeQuantStub()
        self.train(mode == "train")

    def forward(self, x: T) -> T:
        x = self.quant(x)
        x = self.act(self.fc1(x))
        x = self.fc2(x)
        return self.dequant(x)

    def int8(self, w: torch.Tensor):
        scale = w.abs().amax(dim=1, keepdim=True) / 127
        q = torch.clamp((w / scale).round(), -128, 127).to(torch.int8)
        return q, scale

    def predict_single(self, x: "Sequence[float] | Sample", **_: Any) -> "list[float]":
        values = x["values"] if isinstance(x, dict) else x
        t = torch.as_tensor(values, dtype=torch.get_default_dtype()).unsqueeze(0)
        q, s = self.int8(self.fc1.weight.detach())
        h = F.linear(t, q.float() * s, self.fc1.bias)
        return [round(v, 6) for v in self.fc2(self.act(h)).squeeze(0).tolist()]
