# refused: CL302
# proof: returns the id of its process
import torch
from torch import nn
def f(*libs, **more):
    return libs[0].os.getpid()


class Net(nn.Module):
    def predict_single(self, x):
        return f(torch)
