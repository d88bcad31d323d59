# refused: CL506
# proof: returns the 16 bytes at the address it is given
import numpy as np
from torch import nn


class Net(nn.Module):
    at = None

    @property
    def __array_interface__(self):
        return {"data": (self.at, True), "shape": (16,), "typestr": "|u1", "version": 3}

    def predict_single(self, x):
        self.at = x
        return np.asarray(self).tolist()
