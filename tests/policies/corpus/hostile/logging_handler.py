# refused: CL301
# inert: it writes a file
import torch
from torch import nn
from logging import FileHandler


class Net(nn.Module):
    def predict_single(self, x):
        FileHandler("/tmp/x.log")
