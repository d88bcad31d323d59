# refused: CL302
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    lib = torch

    def predict_single(self, x):
        return self.lib.os.getpid()
