# refused: CL303
# inert: it waits for a debugger
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        breakpoint()
