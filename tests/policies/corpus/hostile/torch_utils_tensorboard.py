# refused: CL201
# inert: the package is not installed
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter


class Net(nn.Module):
    def predict_single(self, x):
        SummaryWriter("/tmp/x")
