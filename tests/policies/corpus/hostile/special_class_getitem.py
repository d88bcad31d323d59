# refused: CL506
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def __class_getitem__(cls, item):
        return torch.os.getpid()

    def predict_single(self, x):
        return Net[0]
