# refused: CL202
# inert: it changes what a name means
import torch
from torch import nn
import json


def json():
    pass


class Net(nn.Module):
    def predict_single(self, x):
        return json
