# refused: CL302
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        lib = None

        def grab():
            nonlocal lib
            lib = torch
        grab()
        return lib.os.getpid()
