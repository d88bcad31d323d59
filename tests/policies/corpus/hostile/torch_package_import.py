# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
from torch.package import PackageImporter


class Net(nn.Module):
    def predict_single(self, x):
        return PackageImporter.__init__.__globals__["os"].getpid()
