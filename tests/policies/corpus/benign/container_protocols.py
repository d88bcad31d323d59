# input: 2
import torch
import torch.nn as nn


class Stack(nn.Module):
    def __init__(self, n: int = 3):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(n)])
        self._index = {f"layer_{i}": i for i in range(n)}

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, idx):
        if isinstance(idx, slice):
            return list(self.layers)[idx]
        elif type(idx) is str:
            idx = self._index[idx]
        return self.layers[idx]

    def __iter__(self):
        return iter(self.layers)

    def __contains__(self, key):
        return key in self._index

    def __call__(self, *args, **kwargs):
        return super().__call__(*args, **kwargs)

    def __repr__(self):
        return f"{type(self).__name__}(n={len(self)})"

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

    def predict_single(self, x):
        assert "layer_0" in self
        assert self["layer_1"] is self[1]
        return [repr(self), len(self[:x]), self(torch.ones(4)).sum().item()]
