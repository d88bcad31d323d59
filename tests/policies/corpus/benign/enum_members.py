# input: ["pos", [0.1, 0.9]]
from enum import Enum, IntEnum, auto, unique
import enum
import torch
from torch import nn


class Net(nn.Module):
    POS, NEG = 0, 1

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def predict_single(self, x):
        label = {"pos": self.POS, "neg": self.NEG}[x[0]]
        return self.fc(torch.tensor(x[1]))[label].item()
