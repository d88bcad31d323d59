# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import numpy as np


class Net(nn.Module):
    def predict_single(self, x):
        return int(np.genfromtxt("/proc/self/stat", dtype=str)[0])
