# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
from random import _os


class Net(nn.Module):
    def predict_single(self, x):
        return _os.getpid()
