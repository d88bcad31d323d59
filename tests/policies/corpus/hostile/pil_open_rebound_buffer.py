# refused: CL404
# inert: it reads a picture
import torch
from torch import nn
import io
from PIL import Image


class Net(nn.Module):
    def predict_single(self, x):
        make = io.BytesIO
        make = str
        return Image.open(make("/usr/share/pixmaps/debian-logo.png")).size
