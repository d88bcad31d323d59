# refused: CL403
# proof: leaves a file in /tmp
import torch
from torch import nn
import logging


class Net(nn.Module):
    def predict_single(self, x):
        logging.basicConfig(filename="/tmp/x.log")
