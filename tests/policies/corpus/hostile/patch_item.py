# refused: CL801
# proof: returns the id of its process
import torch
from torch import nn
import json


class Net(nn.Module):
    def predict_single(self, x):
        json.JSONEncoder.item_separator = ", "
        return torch.os.getpid()
