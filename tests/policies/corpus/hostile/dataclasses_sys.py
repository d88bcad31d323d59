# refused: CL301
# proof: returns the id of its process
import dataclasses

from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return dataclasses.sys.modules["os"].getpid()
