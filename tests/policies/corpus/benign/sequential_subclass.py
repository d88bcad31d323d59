# input: [1.0, 2.0, 3.0]
import torch
import torch.nn as nn


class Net(nn.Sequential):
    def __init__(self, *args):
        layers = args or (nn.Linear(3, 3), nn.Tanh())
        super().__init__(*layers)

    def predict_single(self, x):
        return self(torch.tensor(x)).tolist()
