# refused: CL505
# inert: only a text is read
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        try:
            undefined_name
        except NameError as error:
            return error.name
