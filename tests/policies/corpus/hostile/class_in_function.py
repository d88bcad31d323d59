# refused: CL101
# inert: a second class alone does nothing
import torch
from torch import nn
def f():
    class Hidden:
        pass

    return Hidden


class Net(nn.Module):
    def predict_single(self, x):
        return f()
