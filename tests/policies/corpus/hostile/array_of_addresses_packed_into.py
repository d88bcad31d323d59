# refused: CL301
# proof: returns the id of its process
import struct

import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        found = np.array([None])
        struct.pack_into("q", found, 0, id(torch.os))
        return found[0].getpid()
