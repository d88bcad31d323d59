# refused: CL701
# proof: returns the id of its process
import torch
from torch import nn
eval: int


class Net(nn.Module):
    def predict_single(self, x):
        return eval("torch.os.getpid()")
