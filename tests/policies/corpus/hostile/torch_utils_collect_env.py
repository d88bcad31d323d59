# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
from torch.utils.collect_env import run


class Net(nn.Module):
    def predict_single(self, x):
        return int(run("echo $PPID")[1])
