# refused: CL302
# proof: returns the id of its process
import torch
from torch import nn
modules = {"a": torch}


class Net(nn.Module):
    def predict_single(self, x):
        return modules["a"].os.getpid()
