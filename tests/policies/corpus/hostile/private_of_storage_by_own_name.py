# refused: CL503
# inert: it reads memory at an address
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self._typed_storage = None
        self._new_with_weak_ptr = None

    def predict_single(self, x):
        return torch.ones(1)._typed_storage()._new_with_weak_ptr(1 << 20)
