# refused: CL506
# inert: it only lies about the class
from torch import nn


class Net(nn.Module):
    @property
    def __class__(self):
        return int

    def predict_single(self, x):
        return isinstance(self, int)
