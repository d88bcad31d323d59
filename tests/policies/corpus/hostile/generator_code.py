# refused: CL502
# inert: code objects are read, nothing is called
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return (n for n in ()).gi_code.co_consts
