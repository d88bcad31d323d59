# refused: CL501
# inert: it only shows that the class can be swapped
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        self.__class__ = nn.Linear
