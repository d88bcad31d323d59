# refused: CL303
# inert: there is no standard input
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return input()
