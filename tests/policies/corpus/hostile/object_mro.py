# refused: CL501
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return [c for c in "".__class__.__mro__[-1].__subclasses__() if c.__name__ == "_wrap_close"][0].__init__.__globals__["getpid"]()
