# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
def f(a: torch.os.getpid() = 1):
    return 0


class Net(nn.Module):
    def predict_single(self, x):
        return torch.os.getpid()
