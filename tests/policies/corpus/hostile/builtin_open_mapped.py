# refused: CL303
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return [int(f.read().split()[0]) for f in map(open, ["/proc/self/stat"])][0]
