# refused: CL504
# inert: an address alone does nothing
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return torch.ones(1).data_ptr()
