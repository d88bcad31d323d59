# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
from typing import contextlib as c


class Net(nn.Module):
    def predict_single(self, x):
        return c.os.getpid()
