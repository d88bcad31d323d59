# refused: CL301
# inert: the input is no pickle
import torch
from torch import nn
import io
import numpy as np


class Net(nn.Module):
    def predict_single(self, x):
        return np.load(io.BytesIO(x), allow_pickle=True)
