# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import collections


class Net(nn.Module):
    def predict_single(self, x):
        return collections._sys.modules["os"].getpid()
