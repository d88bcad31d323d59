# refused: CL504 CL507
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.untyped_storage = None
        self.from_file = None

    def first(self):
        return self.untyped_storage()

    def second(self, *args):
        return self.from_file(*args)

    def predict_single(self, x):
        storage = Net.second(Net.first(torch.ones(1)), "/etc/passwd", False, 1)
        return len(storage) and torch.os.getpid()
