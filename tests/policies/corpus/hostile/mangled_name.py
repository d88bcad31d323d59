# refused: CL503
# inert: somebody else's private name
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return self._Module__x
