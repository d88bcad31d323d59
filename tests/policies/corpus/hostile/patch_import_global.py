# refused: CL202
# inert: it changes what a name means
import torch
from torch import nn
import json


def swap():
    global json
    json = None


class Net(nn.Module):
    def predict_single(self, x):
        swap()
        return json
