# refused: CL506 CL103
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def __new__(cls):
        cls.pid = torch.os.getpid()
        return super().__new__(cls)

    def predict_single(self, x):
        return self.pid
