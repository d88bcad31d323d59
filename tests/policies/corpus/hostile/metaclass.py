# refused: CL102
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module, metaclass=type("Meta", (type,), {"pid": torch.os.getpid()})):
    def predict_single(self, x):
        return type(self).pid
