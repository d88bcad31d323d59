# refused: CL405
# inert: it reads memory at an address
import torch
from torch import nn
import numpy as np
from types import SimpleNamespace


class Net(nn.Module):
    def predict_single(self, x):
        key = "".join([chr(95), "_array_interface_", chr(95)])
        return np.asarray(SimpleNamespace(**{key: {"data": (1 << 20, True), "shape": (1,), "typestr": "|u1", "version": 3}})).tolist()
