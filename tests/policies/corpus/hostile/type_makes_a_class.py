# refused: CL402
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        Stolen = type("Stolen", (), {"pid": property(lambda self: torch.os.getpid())})
        return Stolen().pid
