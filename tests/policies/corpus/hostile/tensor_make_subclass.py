# refused: CL503
# inert: it makes a tensor
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return torch.ones(1)._make_subclass(torch.Tensor, torch.ones(1)).tolist()
