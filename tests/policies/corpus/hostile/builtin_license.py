# refused: CL303
# inert: it only prints, from a file
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        license()
