# refused: CL401
# inert: it only tells whether there is such an attribute
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return hasattr(self, x)
