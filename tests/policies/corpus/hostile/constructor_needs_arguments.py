# refused: CL103
# inert: it can't be made
from torch import nn


class Net(nn.Module):
    def __init__(self, hidden):
        super().__init__()

    def predict_single(self, x):
        return 0
