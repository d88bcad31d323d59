# refused: CL102 CL101
# inert: a second class, of tensors
from torch import nn
import torch


class Other(torch.Tensor):
    pass


class Net(nn.Module):
    def predict_single(self, x):
        return 0
