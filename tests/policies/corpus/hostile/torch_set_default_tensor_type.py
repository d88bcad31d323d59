# refused: CL301
# inert: it imports any module, and fails after
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        torch.set_default_tensor_type("this.s")
