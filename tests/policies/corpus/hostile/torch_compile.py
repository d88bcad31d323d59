# refused: CL301
# inert: it compiles, nothing more
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return torch.compile(lambda a: a)(1)
