# input: [1.0, 2.0, 3.0, 4.0]
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F



class Net(nn.Module):
    def _apply(self, fn, recurse=True):
        self = super()._apply(fn, recurse)
        return self

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)


    def forward(self, x):
        return self.fc(x)

    def predict_single(self, x):
        x = torch.tensor(x)
        self.float()
        return self(x).tolist()
