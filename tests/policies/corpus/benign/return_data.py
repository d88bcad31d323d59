# input: [1.0, 2.0, 3.0, 4.0]
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

def to_np(t):
    return t.data.cpu().numpy()

class Net(nn.Module):

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)


    def forward(self, x):
        return self.fc(x)

    def predict_single(self, x):
        x = torch.tensor(x)
        y = to_np(x)
        out = np.zeros(4)
        out[:2] = y[:2]
        preds = []
        preds.append(x.data)
        return self(x).tolist()
