# refused: CL701
# inert: the name means another one inside the class
import torch
from torch import nn
__x = 1


class Net(nn.Module):
    def predict_single(self, x):
        return __x
