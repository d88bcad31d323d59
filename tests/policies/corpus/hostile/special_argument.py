# refused: CL506
# inert: the name means nothing here
import torch
from torch import nn
def f(__builtins__):
    return __builtins__


class Net(nn.Module):
    def predict_single(self, x):
        return f(1)
