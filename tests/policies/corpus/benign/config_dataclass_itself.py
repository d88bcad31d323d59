# input: [0.1, 0.2, 0.3, 0.4]
import dataclasses
import enum
import torch
import torch.nn as nn


class Net(nn.Module):
    """A file whose author imports what the training script needed and uses none of it here."""

    def __init__(self, hidden: int = 8):
        super(Net, self).__init__()
        self.body = nn.Sequential(nn.Linear(4, hidden), nn.GELU(), nn.Linear(hidden, 2))

    def forward(self, x):
        return self.body(x)

    def predict_single(self, x):
        return self.forward(torch.tensor(x)).argmax().item()
