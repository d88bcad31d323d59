# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
import torch.hub as h


class Net(nn.Module):
    def predict_single(self, x):
        return h.os.getpid()
