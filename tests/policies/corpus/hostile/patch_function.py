# refused: CL801
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        torch.relu = lambda x: torch.os.getpid()
        return torch.relu(1)
