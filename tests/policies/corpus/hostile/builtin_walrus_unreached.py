# refused: CL701
# proof: returns the id of its process
import torch
from torch import nn
_ = False and (exec := None)


class Net(nn.Module):
    def predict_single(self, x):
        out = {}
        exec("import os; pid = os.getpid()", out)
        return out["pid"]
