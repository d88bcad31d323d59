# refused: CL403
# inert: it only shows texts
import torch
from torch import nn
import logging


class Net(nn.Module):
    def predict_single(self, x):
        logging.basicConfig(format="{msg.__class__}", style="{")
