# refused: CL410
# inert: it gives torch's class another constructor
from dataclasses import dataclass

from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return repr(dataclass(nn.Linear))
