# input: [1.0, 2.0]
import torch
from torch import nn
import torch.nn.functional as F


class Cfg(nn.Module):
    def __init__(self, config=None, activation="ReLU", act_fn="relu"):
        super().__init__()
        self.dim = getattr(config, "dim", 2)
        self.dropout = getattr(config, "dropout_rate", None) or 0.1
        self.act = getattr(nn, "ReLU")()
        self.fn = getattr(F, "gelu")
        for i in range(3):
            setattr(self, f"fc{i}", nn.Linear(self.dim, self.dim))
            setattr(self, "bn_%d" % i, nn.Identity())
            setattr(self, "head{}".format(i), nn.Identity())
            self.add_module("extra" + str(i), nn.Identity())
        for name in ["q_proj", "k_proj"]:
            setattr(self, name, nn.Linear(self.dim, self.dim))

    def forward(self, x):
        for i in range(3):
            layer = getattr(self, f"fc{i}")
            x = self.act(getattr(self, "bn_%d" % i)(layer(x)))
            x = getattr(self, "head{}".format(i))(x)
        if hasattr(self, "pooler"):
            x = self.pooler(x)
        if not hasattr(x, "__len__") or callable(getattr(x, "missing", None)):
            raise TypeError
        return self.fn(x) + sum(getattr(self, n)(x) for n in ("q_proj", "k_proj"))

    def predict_single(self, x):
        return self.forward(torch.tensor(x)).tolist()
