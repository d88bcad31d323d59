# refused: CL301
# inert: it needs a network
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return torch.hub.load("a/b", "c", trust_repo=True)
