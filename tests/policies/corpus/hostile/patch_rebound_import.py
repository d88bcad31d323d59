# refused: CL202
# proof: returns the id of its process
import torch
from torch import nn
import json


def helper():
    return torch


json = helper()


class Net(nn.Module):
    def predict_single(self, x):
        return json.os.getpid()
