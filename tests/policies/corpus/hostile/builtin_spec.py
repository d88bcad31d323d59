# refused: CL303
# inert: the runner gives the module no spec of its own
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return __spec__.loader.load_module("os").getpid()
