# refused: CL506
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def __getattribute__(self, name):
        return torch.os.getpid if name == "pid" else nn.Module.__getattribute__(self, name)

    def predict_single(self, x):
        return self.pid()
