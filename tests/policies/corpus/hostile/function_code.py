# refused: CL501
# inert: on its own it only swaps code
import torch
from torch import nn
def f():
    return 0


def g():
    return 1


class Net(nn.Module):
    def predict_single(self, x):
        f.__code__ = g.__code__
        return f()
