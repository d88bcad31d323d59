# refused: CL504
# inert: it only shows texts
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return "{self.__class__}".format_map({"self": self})
