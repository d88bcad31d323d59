# refused: CL506
# inert: it runs later
from torch import nn


class Net(nn.Module):
    def __del__(self):
        pass

    def predict_single(self, x):
        return 0
