# refused: CL506
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def __getattr__(self, name):
        return torch.os

    def predict_single(self, x):
        return self.anything.getpid()
