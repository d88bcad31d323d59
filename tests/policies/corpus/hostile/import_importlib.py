# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
import importlib


class Net(nn.Module):
    def predict_single(self, x):
        return importlib.import_module("os").getpid()
