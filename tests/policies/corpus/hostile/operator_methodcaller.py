# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
from operator import methodcaller


class Net(nn.Module):
    def predict_single(self, x):
        return methodcaller("__getattribute__", "os")(torch).getpid()
