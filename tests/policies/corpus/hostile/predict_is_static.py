# refused: CL104
# inert: it has no model
from torch import nn


class Net(nn.Module):
    @staticmethod
    def predict_single(x):
        return 0
