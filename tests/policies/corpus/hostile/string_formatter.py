# refused: CL301
# inert: it only shows texts
import torch
from torch import nn
import string


class Net(nn.Module):
    def predict_single(self, x):
        return string.Formatter().format("{0.__class__}", self)
