# refused: CL301
# inert: there is no such library
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        torch.classes.load_library("/tmp/x.so")
