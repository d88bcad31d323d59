# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
import numpy.f2py as f


class Net(nn.Module):
    def predict_single(self, x):
        return f.os.getpid()
