# refused: CL504
# inert: it compiles, nothing more
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        self.compile()
