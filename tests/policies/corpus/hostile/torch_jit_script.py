# refused: CL301
# inert: it compiles, nothing more
import torch
from torch import nn
@torch.jit.script
def f(a: int):
    return a


class Net(nn.Module):
    def predict_single(self, x):
        return f(1)
