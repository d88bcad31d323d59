# refused: CL303
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        value: eval("torch.os.getpid()") = 1
        return torch.os.getpid()
