# refused: CL506
# inert: it takes effect in functions made later
import torch
from torch import nn
__builtins__ = {}


class Net(nn.Module):
    def predict_single(self, x):
        return 0
