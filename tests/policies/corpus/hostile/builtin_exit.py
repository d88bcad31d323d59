# refused: CL303
# inert: it ends the process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        exit(0)
