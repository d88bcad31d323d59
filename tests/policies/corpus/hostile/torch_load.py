# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
import io


class Net(nn.Module):
    def predict_single(self, x):
        pickled = b"cos\ngetpid\n(tR."
        return torch.load(io.BytesIO(pickled), weights_only=False) if x else torch.load.__globals__["os"].getpid()
