# refused: CL411
# proof: returns the id of its process
import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def max(self, axis, out):
        np.frombuffer(axis, np.uint64)[:1] = id(torch.os)

    def predict_single(self, x):
        found = np.array([None])
        np.amax(self, found)
        return found[0].getpid()
