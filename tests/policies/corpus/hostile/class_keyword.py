# refused: CL102
# inert: the base takes no keywords
from torch import nn


class Net(nn.Module, extra=1):
    def predict_single(self, x):
        return 0
