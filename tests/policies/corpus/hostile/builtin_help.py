# refused: CL303
# inert: it only prints
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        help("modules")
