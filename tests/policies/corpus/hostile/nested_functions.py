# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        def a():
            def b():
                return lambda: torch.os.getpid()
            return b
        return a()()()
