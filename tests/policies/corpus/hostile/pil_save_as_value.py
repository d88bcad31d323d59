# refused: CL404
# proof: leaves a file in /tmp
import torch
from torch import nn
from PIL import Image


class Net(nn.Module):
    def predict_single(self, x):
        save = Image.new("L", (1, 1)).save
        save("/tmp/x.png")
