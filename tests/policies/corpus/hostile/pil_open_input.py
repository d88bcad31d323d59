# refused: CL404
# inert: it reads a picture
import torch
from torch import nn
from PIL import Image


class Net(nn.Module):
    def predict_single(self, x):
        return Image.open(x).size
