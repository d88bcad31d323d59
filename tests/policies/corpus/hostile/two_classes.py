# refused: CL101
# inert: a second class alone does nothing
from torch import nn


class Helper:
    pass


class Net(nn.Module):
    def predict_single(self, x):
        return 0
