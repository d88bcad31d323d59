# input: [1.0, 1.0]
import torch
import torch.nn as nn


class Stack(nn.ModuleList):
    def __init__(self, n=2):
        super().__init__(nn.Linear(2, 2) for _ in range(n))

    def forward(self, x):
        for i, layer in enumerate(self):
            x = layer(x) if i % 2 else torch.relu(layer(x))
        return x

    def predict_single(self, x):
        return self.forward(torch.tensor(x)).tolist()
