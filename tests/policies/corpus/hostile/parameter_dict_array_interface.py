# refused: CL405
# inert: it reads memory at an address
import torch
from torch import nn
import numpy as np


class Net(nn.Module):
    def predict_single(self, x):
        bag = nn.ParameterDict()
        bag["".join([chr(95), "_array_interface_", chr(95)])] = {"data": (1 << 20, True), "shape": (1,), "typestr": "|u1", "version": 3}
        return np.asarray(bag).tolist()
