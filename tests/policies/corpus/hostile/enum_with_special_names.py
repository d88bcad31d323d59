# refused: CL410
# inert: it makes a class with any special name
import torch
from torch import nn
from enum import Enum


class Net(nn.Module):
    def predict_single(self, x):
        return Enum("E", {x or "A": 1}).A.value
