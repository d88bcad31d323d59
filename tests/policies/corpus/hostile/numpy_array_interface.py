# refused: CL506
# inert: it reads memory at an address
import numpy as np
from torch import nn


class Net(nn.Module):
    __array_interface__ = {"data": (1 << 20, True), "shape": (1,), "typestr": "|u1", "version": 3}

    def predict_single(self, x):
        return np.asarray(self).tolist()
