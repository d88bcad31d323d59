# refused: CL301
# proof: leaves a file in /tmp
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        torch.save({"a": 1}, "/tmp/x")
