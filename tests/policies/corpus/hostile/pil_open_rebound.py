# refused: CL404
# inert: it reads a picture
import torch
from torch import nn
import io
from PIL import Image


class Net(nn.Module):
    def predict_single(self, x):
        source = io.BytesIO(b"")
        source = "/usr/share/pixmaps/debian-logo.png"
        return Image.open(source).size
