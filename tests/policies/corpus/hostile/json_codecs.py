# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import json


class Net(nn.Module):
    def predict_single(self, x):
        return json.codecs.builtins.__import__("os").getpid()
