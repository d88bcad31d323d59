# refused: CL201
# proof: returns the id of its process
from torch import nn


class Net(nn.Module):
    import os

    def predict_single(self, x):
        return self.os.getpid()
