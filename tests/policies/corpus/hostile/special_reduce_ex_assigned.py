# refused: CL506
# proof: returns the id of its process
import copy

import torch
from torch import nn


def reduce(self, protocol):
    return torch.os.getpid, ()


class Net(nn.Module):
    __reduce_ex__ = reduce

    def predict_single(self, x):
        return copy.copy(self)
