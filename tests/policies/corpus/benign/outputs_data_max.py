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
        out = self(x)
        _, pred = torch.max(out.data, 0)
        boxes = np.zeros((3, 4))
        boxes[0:2] = x.numpy()
        self.cache = boxes
        self.cache[1:3] = boxes[0:2]
        return self(x).tolist()
