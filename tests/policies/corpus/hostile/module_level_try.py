# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
try:
    PID = torch.os.getpid()
finally:
    pass


class Net(nn.Module):
    def predict_single(self, x):
        return PID
