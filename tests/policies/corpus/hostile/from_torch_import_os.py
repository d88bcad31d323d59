# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
from torch import os


class Net(nn.Module):
    def predict_single(self, x):
        return os.getpid()
