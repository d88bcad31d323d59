# refused: CL302 CL303
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return list(map(getattr, [torch], ["os"]))[0].getpid()
