# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
@(lambda function: torch.os.getpid())
def pid():
    return 0


class Net(nn.Module):
    def predict_single(self, x):
        return pid
