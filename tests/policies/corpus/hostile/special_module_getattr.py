# refused: CL506
# inert: it answers for names of the file
import torch
from torch import nn
def __getattr__(name):
    return torch


class Net(nn.Module):
    def predict_single(self, x):
        return 0
