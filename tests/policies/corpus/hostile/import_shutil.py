# refused: CL201
# proof: returns the id of its process
import torch
from torch import nn
import shutil


class Net(nn.Module):
    def predict_single(self, x):
        return shutil.os.getpid()
