# refused: CL201
# inert: there is no package around the file
import torch
from torch import nn
from . import os


class Net(nn.Module):
    def predict_single(self, x):
        return os.getpid()
