# refused: CL102
# proof: returns the id of its process
import torch
from torch import nn


class Net(type("Base", (nn.Module,), {"pid": property(lambda self: torch.os.getpid())})):
    def predict_single(self, x):
        return self.pid
