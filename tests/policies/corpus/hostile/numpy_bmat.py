# refused: CL301
# inert: it reads the caller's names, and fails after
import torch
from torch import nn
import numpy as np


class Net(nn.Module):
    def predict_single(self, x):
        return np.bmat("torch")
