# refused: CL301
# inert: it writes a file
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        torch.save({"a": 1}, "/tmp/x")
