# refused: CL501
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        return self.__reduce_ex__(2)[0].__globals__["__builtins__"]["__import__"]("os").getpid()
