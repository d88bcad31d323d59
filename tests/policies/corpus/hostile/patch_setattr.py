# refused: CL801
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        setattr(nn.Linear, "forward", lambda self, x: torch.os.getpid())
        return nn.Linear(1, 1)(1)
