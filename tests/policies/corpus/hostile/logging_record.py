# refused: CL504
# inert: it makes an object with any attribute
import torch
from torch import nn
import logging


class Net(nn.Module):
    def predict_single(self, x):
        return logging.getLogger().makeRecord("a", 1, "b", 2, "c", (), None, extra={"a": 1})
