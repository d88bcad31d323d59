# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        d = {torch.os.getpid(): 1}
        del d[torch.os.getpid()]
        return torch.os.getpid()
