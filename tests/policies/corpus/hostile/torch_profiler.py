# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return torch.profiler.profiler.os.getpid()
