# refused: CL801
# inert: it breaks torch, and gains nothing
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        delattr(torch, "relu")
