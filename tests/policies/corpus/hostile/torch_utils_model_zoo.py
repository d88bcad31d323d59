# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
from torch.utils.model_zoo import load_url


class Net(nn.Module):
    def predict_single(self, x):
        return load_url.__globals__["os"].getpid()
