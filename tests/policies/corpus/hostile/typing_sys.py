# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import typing


class Net(nn.Module):
    def predict_single(self, x):
        return typing.sys.modules["os"].getpid()
