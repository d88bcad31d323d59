# refused: CL801
# proof: returns the id of its process
import torch
from torch import nn
from contextlib import nullcontext


class Net(nn.Module):
    def predict_single(self, x):
        with nullcontext(lambda x: torch.os.getpid()) as torch.relu:
            return torch.relu(1)
