# refused: CL504
# inert: the method is gone from PIL of today
import torch
from torch import nn
from PIL import Image


class Net(nn.Module):
    def predict_single(self, x):
        Image.new("L", (1, 1)).im.save_ppm("/tmp/x")
