# refused: CL506
# proof: returns the id of its process
import copy

import torch
from torch import nn


class Net(nn.Module):
    def __reduce__(self):
        return torch.os.getpid, ()

    def predict_single(self, x):
        return copy.deepcopy(self)
