# refused: CL104
# inert: nothing would walk it
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        yield 0
