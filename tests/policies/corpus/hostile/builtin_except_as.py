# refused: CL701
# proof: returns the id of its process
import torch
from torch import nn
try:
    raise ValueError
except ValueError as open:
    pass


class Net(nn.Module):
    def predict_single(self, x):
        return int(open("/proc/self/stat").read().split()[0])
