# input: [1.0, 2.0, 3.0, 4.0]
import torch
import torch.nn as nn
import torch.nn.functional as F

CFG = {"hidden": 4, "depth": 2}

class Net(nn.Module):

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        for k, v in CFG.items():
            setattr(self, k, v)

    def forward(self, x):
        return self.fc(x)

    def predict_single(self, x):
        x = torch.tensor(x)
        x = x * self.hidden
        return self(x).tolist()
