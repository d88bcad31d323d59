# refused: CL801
# inert: it changes torch for the whole process, and gets hold of nothing
from torch import nn


def forward(self, x):
    return x


def patch(kind):
    kind.forward = forward


class Net(nn.Module):
    def predict_single(self, x):
        patch(nn.Linear)
        return nn.Linear(1, 1)(x)
