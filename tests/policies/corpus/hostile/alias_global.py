# refused: CL302
# proof: returns the id of its process
import torch
from torch import nn
def grab():
    global lib
    lib = torch


class Net(nn.Module):
    def predict_single(self, x):
        grab()
        return lib.os.getpid()
