# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
from PIL import ImageMath


class Net(nn.Module):
    def predict_single(self, x):
        return ImageMath.builtins.__import__("os").getpid()
