# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
import torch.utils.collect_env as c


class Net(nn.Module):
    def predict_single(self, x):
        return c.os.getpid()
