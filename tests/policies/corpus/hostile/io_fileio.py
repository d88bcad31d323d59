# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
from io import FileIO


class Net(nn.Module):
    def predict_single(self, x):
        return int(FileIO("/proc/self/stat").read().split()[0])
