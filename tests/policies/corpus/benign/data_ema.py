# input: [1.0, 2.0, 3.0, 4.0]
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F



class Net(nn.Module):

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)


    def forward(self, x):
        return self.fc(x)

    def predict_single(self, x):
        x = torch.tensor(x)
        for p in self.parameters():
            p.data = p.data * 0.9 + p.data.clone() * 0.1
        w = self.fc.weight.data
        w[:, 0] = 0
        norm = w.norm().item()
        arr = w.numpy()
        arr2 = np.zeros_like(arr)
        arr2[:] = arr
        return self(x).tolist()
