# refused: CL506
# inert: it is only called while the class is made
from torch import nn


class Net(nn.Module):
    def __set_name__(self, owner, name):
        pass

    def predict_single(self, x):
        return 0
