# refused: CL403
# inert: it writes a file
import torch
from torch import nn
import logging


class Net(nn.Module):
    def predict_single(self, x):
        logging.basicConfig(filename="/tmp/x.log")
