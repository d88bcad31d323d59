# refused: CL104
# inert: the second one wins
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return 0

    predict_single = None
