# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import logging


class Net(nn.Module):
    def predict_single(self, x):
        return logging.os.getpid()
