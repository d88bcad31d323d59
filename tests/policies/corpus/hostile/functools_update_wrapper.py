# refused: CL301
# proof: returns the id of its process
import torch
from torch import nn
from functools import update_wrapper
from types import SimpleNamespace


class Net(nn.Module):
    def predict_single(self, x):
        stolen = update_wrapper(SimpleNamespace(), self.predict_single.__func__, assigned=["__globals__"])
        return stolen.__globals__["torch"].os.getpid()
