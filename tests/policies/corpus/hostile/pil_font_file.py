# refused: CL301
# inert: it opens a file
import torch
from torch import nn
from PIL import ImageFont


class Net(nn.Module):
    def predict_single(self, x):
        return ImageFont.truetype("/etc/passwd")
