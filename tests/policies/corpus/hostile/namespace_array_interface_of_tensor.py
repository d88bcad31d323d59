# refused: CL405
# inert: it reads memory at an address
import torch
from torch import nn
from types import SimpleNamespace


class Net(nn.Module):
    def predict_single(self, x):
        bag = SimpleNamespace(**{x: {"data": (1 << 20, True), "shape": (1,), "typestr": "|u1", "version": 3}})
        return (torch.ones(1).numpy() + bag).tolist()
