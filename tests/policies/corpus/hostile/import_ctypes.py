# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
import ctypes


class Net(nn.Module):
    def predict_single(self, x):
        return ctypes.CDLL(None).getpid()
