# refused: CL801
# proof: returns the id of its process
import torch
from torch import nn
Linear = nn.Linear


class Net(nn.Module):
    def predict_single(self, x):
        Linear.forward = lambda self, x: torch.os.getpid()
        return Linear(1, 1)(1)
