# refused: CL302
# proof: returns the id of its process
import torch
from torch import nn
def helper(json, /):
    return json.os.getpid()


class Net(nn.Module):
    def predict_single(self, x):
        return helper(torch)
