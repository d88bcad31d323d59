# refused: CL404
# inert: it reads a picture
import torch
from torch import nn
from PIL.Image import open as load


class Net(nn.Module):
    def predict_single(self, x):
        return list(map(load, ["/usr/share/pixmaps/debian-logo.png"]))[0].size
