# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
from typing import get_type_hints


def f(a: "torch.os.getpid()"):
    pass


class Net(nn.Module):
    def predict_single(self, x):
        try:
            get_type_hints(f)
        except TypeError as error:
            pass
        return torch.os.getpid()
