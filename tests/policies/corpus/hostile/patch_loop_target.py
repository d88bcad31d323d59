# refused: CL801
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        for torch.relu in [lambda x: torch.os.getpid()]:
            pass
        return torch.relu(1)
