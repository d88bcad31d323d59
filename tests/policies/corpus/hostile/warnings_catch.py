# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import warnings


class Net(nn.Module):
    def predict_single(self, x):
        return warnings.catch_warnings()._module.sys.modules["os"].getpid()
