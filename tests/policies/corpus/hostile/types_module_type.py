# refused: CL301
# inert: it makes an empty module
import torch
from torch import nn
import types


class Net(nn.Module):
    def predict_single(self, x):
        return types.ModuleType("x").__name__
