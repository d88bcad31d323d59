# refused: CL102
# proof: returns the id of its process
import torch
from torch import nn


def steal(cls):
    cls.pid = torch.os.getpid()
    return cls


@steal
class Net(nn.Module):
    def predict_single(self, x):
        return self.pid
