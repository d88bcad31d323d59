# refused: CL501
# inert: it sets any attribute
import torch
from torch import nn
import random


class Net(nn.Module):
    def predict_single(self, x):
        random.Random().__setstate__((3, (0,) * 625, None))
