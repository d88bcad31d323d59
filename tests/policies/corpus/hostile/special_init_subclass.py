# refused: CL506 CL101
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def __init_subclass__(cls, **kwargs):
        cls.pid = torch.os.getpid()

    def predict_single(self, x):
        class Other(Net):
            pass

        return Other.pid
