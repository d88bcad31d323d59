# refused: CL602
# inert: a text alone does nothing
import torch
from torch import nn
CODE = "().__class__.__bases__[0].__subclasses__()"


class Net(nn.Module):
    def predict_single(self, x):
        return CODE
