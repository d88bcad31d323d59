# refused: CL302
# inert: only shows the module's file
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return f"{torch}"
