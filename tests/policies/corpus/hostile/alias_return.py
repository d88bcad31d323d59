# refused: CL302
# proof: returns the id of its process
import torch
from torch import nn
def lib():
    return torch


class Net(nn.Module):
    def predict_single(self, x):
        return lib().os.getpid()
