# refused: CL801 CL501
# proof: returns the id of its process
import torch
from torch import nn
def call(self, *args):
    return torch.os.getpid()


class Net(nn.Module):
    def predict_single(self, x):
        nn.Module.__call__ = call
        return nn.Linear(1, 1)(1)
