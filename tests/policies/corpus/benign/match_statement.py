# input: {"op": "scale", "values": [1, 2, 3]}
import torch
from torch import nn


class Ops(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))

    def predict_single(self, x):
        match x:
            case {"op": "scale", "values": [first, *rest]}:
                values = torch.tensor([first, *rest], dtype=torch.float32)
                return (values * self.scale).tolist()
            case {"op": "add" | "sum", **others} if others:
                return sum(others.get("values", []))
            case [int(), *_] | (float(), *_):
                return list(x)
            case str() as text:
                return len(text)
            case bytes(data):
                return data[:1]
            case None | True | False:
                return x
            case torch.Tensor():
                return x.tolist()
            case -1 | 0 | 1.5:
                return "number"
            case _:
                raise TypeError(f"unknown input {type(x).__name__}")
