# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import statistics


class Net(nn.Module):
    def predict_single(self, x):
        return statistics.sys.modules["os"].getpid()
