# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return len(torch.from_file("/etc/passwd", size=1, dtype=torch.uint8)) and torch.os.getpid()
