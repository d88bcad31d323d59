# refused: CL504
# inert: it starts a viewer
import torch
from torch import nn
from PIL import Image


class Net(nn.Module):
    def predict_single(self, x):
        Image.new("L", (1, 1)).show()
