# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
import code


class Net(nn.Module):
    def predict_single(self, x):
        return code.sys.modules["os"].getpid()
