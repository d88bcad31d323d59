# refused: CL303
# inert: the runner gives the module no loader of its own
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return __loader__.load_module("os").getpid()
