# refused: CL411
# proof: returns the id of its process
import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        if isinstance(x, np.ndarray):
            np.frombuffer(x, dtype="u8")[0] = id(torch.os)
            return x[0].getpid()
        return self.predict_single(np.array([None]))
