# refused: CL302
# proof: returns the id of its process
import torch
from torch import nn
from functools import partial


class Net(nn.Module):
    def predict_single(self, x):
        return partial(lambda lib: lib.os.getpid(), torch)()
