# refused: CL401
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        setattr(self, "__class__", type(self))
        return torch.os.getpid()
