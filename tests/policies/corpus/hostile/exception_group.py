# refused: CL006
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        try:
            raise ExceptionGroup("", [ValueError(torch.ones(1))])
        except* ValueError as group:
            pid = group.exceptions[0].__init__.__self__.args
        return torch.os.getpid()
