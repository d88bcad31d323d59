# refused: CL506
# proof: returns the 16 bytes at the address it is given
import numpy as np
from torch import nn


class Net(nn.Module):
    __array_interface__ = {}

    def predict_single(self, x):
        self.__array_interface__ |= {"data": (x, True), "shape": (16,), "typestr": "|u1", "version": 3}
        return np.asarray(self).tolist()
