# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
import os.path as p


class Net(nn.Module):
    def predict_single(self, x):
        return p.os.getpid()
