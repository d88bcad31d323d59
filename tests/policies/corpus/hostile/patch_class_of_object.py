# refused: CL801 CL501
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        layer = nn.Linear(1, 1)
        layer.__class__.forward = lambda self, x: torch.os.getpid()
        return layer(1)
