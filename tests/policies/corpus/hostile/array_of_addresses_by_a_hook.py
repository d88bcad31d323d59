# refused: CL411
# proof: returns the id of its process
import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def lay(self, module, args, buffer=b""):
        return np.frombuffer(args[0], dtype="u8")

    def forward(self, found):
        return found

    def predict_single(self, x):
        found = np.array([None])
        part = nn.Identity()
        part.register_forward_hook(lambda module, args, output: np.frombuffer(output, dtype="u8"))
        part(found)[0] = id(torch.os)
        return found[0].getpid()
