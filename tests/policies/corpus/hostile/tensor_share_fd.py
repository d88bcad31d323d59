# refused: CL503 CL504
# inert: it makes shared memory
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return torch.ones(1).untyped_storage()._share_fd_cpu_()
