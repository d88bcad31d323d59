# refused: CL201
# inert: torch says itself what a star takes
import torch
from torch import nn
from torch import *


class Net(nn.Module):
    def predict_single(self, x):
        return zeros(1)
