# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
from PIL import Image


class Net(nn.Module):
    def predict_single(self, x):
        return Image.builtins.__import__("os").getpid()
