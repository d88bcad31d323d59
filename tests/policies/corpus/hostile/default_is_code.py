# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
def f(a=torch.os.getpid()):
    return a


class Net(nn.Module):
    def predict_single(self, x):
        return f()
