# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import io


class Net(nn.Module):
    def predict_single(self, x):
        return int(io.open("/proc/self/stat").read().split()[0])
