# refused: CL506
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def __setattr__(self, name, value):
        nn.Module.__setattr__(self, name, torch.os if name == "a" else value)

    def predict_single(self, x):
        self.a = 1
        return self.a.getpid()
