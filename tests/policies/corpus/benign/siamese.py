# input: {"a": [1.0, 2.0], "b": [1.0, 2.5]}
import torch
from torch import nn
from torch.nn import functional as F


class Siamese(nn.Module):
    def __init__(self, margin=1.0):
        super(Siamese, self).__init__()
        self.margin = margin
        self.net = nn.Sequential(nn.Linear(2, 4), nn.PReLU(), nn.Linear(4, 2))

    def forward_once(self, x):
        return F.normalize(self.net(x), p=2, dim=-1)

    def forward(self, input1, input2):
        return self.forward_once(input1), self.forward_once(input2)

    def predict_single(self, x):
        a, b = (torch.as_tensor(x[k]) for k in ("a", "b"))
        o1, o2 = self(a, b)
        return F.pairwise_distance(o1[None], o2[None]).item() < self.margin
