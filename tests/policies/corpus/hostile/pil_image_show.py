# refused: CL301
# inert: it starts a viewer
import torch
from torch import nn
from PIL import ImageShow


class Net(nn.Module):
    def predict_single(self, x):
        ImageShow.show(None)
