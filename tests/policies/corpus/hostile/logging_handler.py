# refused: CL301
# proof: leaves a file in /tmp
import torch
from torch import nn
from logging import FileHandler


class Net(nn.Module):
    def predict_single(self, x):
        FileHandler("/tmp/x.log")
