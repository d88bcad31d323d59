# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
try:
    import os
except ImportError:
    os = None


class Net(nn.Module):
    def predict_single(self, x):
        return os.getpid()
