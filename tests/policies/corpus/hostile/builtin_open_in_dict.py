# refused: CL303
# proof: returns the id of its process
import torch
from torch import nn
tools = {"read": open}


class Net(nn.Module):
    def predict_single(self, x):
        return int(tools["read"]("/proc/self/stat").read().split()[0])
