# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import functools


class Net(nn.Module):
    def predict_single(self, x):
        return functools.namedtuple.__globals__["_sys"].modules["os"].getpid()
